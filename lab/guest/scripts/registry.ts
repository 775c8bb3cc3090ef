import type { RegistryValue } from '../settings.ts';
import { invalid, type ScriptCall, ScriptError, type ScriptModel } from './call.ts';

const HIVES = ['HKLM', 'HKU\\.DEFAULT', 'HKU\\Default'];
/** Only SYSTEM may write below these. */
const CLOSED = /^(SAM|SECURITY)(\\|$)/i;

interface Setting {
  readonly hive: string;
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly data: RegistryValue['data'] | undefined;
  readonly secret: boolean;
}

/** Values are compared with their type; what does not fit its type is refused, as .NET's SetValue does. */
export const registry: ScriptModel = (call) => {
  const given = call.parameters.values;
  if (!Array.isArray(given)) throw invalid('values', 'a list of values');
  const settings = given.map(readSetting);
  const { registry: values } = call.windows.settings;
  const state = () =>
    settings.map(({ hive, key, name, data, type, secret }) => {
      const found = values.get(place({ hive, key, name }));
      const fits = data === undefined ? found === undefined : found?.type === type && equal(found.data, data);
      const value = secret || found === undefined ? null : found.data;
      return { hive, key, name, present: found !== undefined, type: found?.type ?? '', value, fits };
    });
  const before = state();
  const wrong = settings.filter((_, index) => before[index]?.fits === false);
  if (!call.test) for (const setting of wrong) set(call, setting);
  return {
    changed: wrong.length > 0,
    before,
    after: state(),
    rebootRequired: false,
    evidence: wrong.map(({ hive, key, name }) => `${hive}\\${key}, value ${name}`),
  };
};

function set({ windows, scenario }: ScriptCall, setting: Setting): void {
  const { hive, key, type, data } = setting;
  const denied = scenario.scenario.registry?.denied;
  if ((hive === 'HKLM' && CLOSED.test(key)) || denied?.toLowerCase() === `${hive}\\${key}`.toLowerCase()) {
    throw new ScriptError(`Access to the registry key 'HKEY_LOCAL_MACHINE\\${key}' is denied.`, {
      category: 'PermissionDenied',
      code: 'registry.access-denied',
    });
  }
  if (data === undefined) windows.settings.registry.delete(place(setting));
  else if (scenario.scenario.registry?.resets !== setting.name) {
    windows.settings.registry.set(place(setting), { type, data });
  }
}

const place = ({ hive, key, name }: Pick<Setting, 'hive' | 'key' | 'name'>) => `${hive}\\${key}\\${name}`.toLowerCase();
const equal = (a: RegistryValue['data'], b: RegistryValue['data']) => JSON.stringify(a) === JSON.stringify(b);

function readSetting(value: unknown): Setting {
  if (value === null || typeof value !== 'object') throw invalid('values', 'objects {hive, key, name, type, value}');
  const fields = new Map<string, unknown>(Object.entries(value));
  const [hive, key, name] = [fields.get('hive'), fields.get('key'), fields.get('name') ?? ''];
  if (typeof hive !== 'string' || !HIVES.includes(hive)) throw invalid('hive', HIVES.join(', '));
  if (typeof key !== 'string' || key === '' || /^\\|\\$/.test(key)) throw invalid('key', 'a key below the hive');
  if (typeof name !== 'string') throw invalid('name', 'text');
  const at = { hive, key, name };
  if (fields.get('absent') === true) return { ...at, type: '', data: undefined, secret: false };
  const type = fields.get('type');
  const secret = fields.has('secret');
  return { ...at, type: String(type), data: readData(String(type), fields.get(secret ? 'secret' : 'value')), secret };
}

function readData(type: string, value: unknown): RegistryValue['data'] {
  switch (type) {
    case 'String':
    case 'ExpandString':
      if (typeof value === 'string') return value;
      break;
    case 'MultiString':
      if (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')) return value;
      break;
    case 'DWord':
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
      break;
    case 'QWord':
      if (typeof value === 'string' && /^\d{1,20}$/.test(value) && BigInt(value) < 2n ** 64n) return value;
      break;
    case 'Binary':
      if (typeof value === 'string' && /^([0-9a-f]{2})*$/.test(value)) return value;
      break;
    default:
      throw invalid('type', 'String, ExpandString, MultiString, DWord, QWord or Binary');
  }
  throw new ScriptError('The type of the value object did not match the specified RegistryValueKind.', {
    category: 'InvalidArgument',
  });
}
