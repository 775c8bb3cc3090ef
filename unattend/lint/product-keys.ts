import { kmsClientKey, kmsKeyOf } from '../kms-keys.ts';
import type { AnswerFile } from '../model.ts';
import type { LintContext, Rule } from './rule.ts';
import { childValue, type SettingSpot, settingSpots, textOf } from './spots.ts';

const SETUP = 'Microsoft-Windows-Setup';
const AT = `windowsPE/${SETUP}`;

function userData(key: string): string {
  return `<UserData>
  <AcceptEula>true</AcceptEula>${key === '' ? '' : `\n  <ProductKey>${key}<WillShowUI>OnError</WillShowUI></ProductKey>`}
</UserData>`;
}

const STANDARD = userData(`<Key>${kmsClientKey('2022', 'Standard')}</Key>`);
const DATACENTER = userData(`<Key>${kmsClientKey('2022', 'Datacenter')}</Key>`);

/** Rules on product keys: the one that Setup chooses the image by, and the one of specialize. */
export const productKeyRules: readonly Rule[] = [
  {
    code: 'unattend.product-key-empty',
    severity: 'error',
    title: 'A product key is not empty.',
    why: 'Setup stops at an empty one: “Windows cannot read the <ProductKey> setting from the unattend answer file”.',
    remedy: 'Remove the element; evaluation media take no key.',
    example: { at: AT, bad: userData('<Key/>'), good: userData('') },
    *check(file) {
      for (const { spot, key } of keys(file)) {
        if (key === '') yield { spot, message: 'expected a product key, found an empty element' };
      }
    },
  },
  {
    code: 'unattend.product-key-shape',
    severity: 'error',
    title: 'A product key has five groups of five letters and digits.',
    why: 'It is a string of 29 characters; an invalid one makes Setup fail (Unattended Windows Setup Reference, ProductKey).',
    remedy: 'Write the key with its hyphens.',
    example: {
      at: AT,
      bad: userData(`<Key>${kmsClientKey('2022', 'Standard').replaceAll('-', '')}</Key>`),
      good: STANDARD,
    },
    *check(file) {
      for (const { spot, key } of keys(file)) {
        // The key itself is not told: it may be a secret.
        if (key !== '' && !/^([A-Za-z0-9]{5}-){4}[A-Za-z0-9]{5}$/.test(key))
          yield {
            spot,
            message: `expected a key such as XXXXX-XXXXX-XXXXX-XXXXX-XXXXX, found ${key.length} characters`,
          };
      }
    },
  },
  {
    code: 'unattend.product-key-edition',
    severity: 'error',
    title: 'A public KMS client key is that of the Windows that is installed.',
    why: 'Setup chooses the edition by the key, and stops when the chosen image is another one. The public keys and their editions: Microsoft, “KMS client activation and product keys”. Other keys do not tell their edition.',
    remedy: 'Use the key of the version and edition, or another image.',
    example: { at: AT, bad: STANDARD, good: DATACENTER, context: { version: '2022', edition: 'Datacenter' } },
    *check(file, context) {
      const wanted = windowsOf(file, context);
      for (const { spot, key } of keys(file)) {
        const known = kmsKeyOf(key);
        if (known === undefined) continue;
        const fits =
          (wanted.version === undefined || wanted.version === known.version) &&
          (wanted.edition === undefined || wanted.edition === known.edition);
        if (fits) continue;
        const expected = [wanted.version, wanted.edition].filter((part) => part !== undefined).join(' ');
        yield {
          spot,
          message: `expected the key of Windows Server ${expected}, found that of ${known.version} ${known.edition}`,
        };
      }
    },
  },
  {
    code: 'unattend.product-key-evaluation',
    severity: 'error',
    title: 'Evaluation media get no product key.',
    why: 'Their images are of editions of their own (ServerStandardEval), which no other key fits: “Windows cannot read the <ProductKey> setting”.',
    remedy: 'Remove ProductKey.',
    example: { at: AT, bad: STANDARD, good: userData(''), context: { evaluation: true } },
    *check(file, context) {
      if (!windowsOf(file, context).evaluation) return;
      for (const { spot, key } of keys(file)) {
        if (key !== '') yield { spot, message: 'expected no product key with evaluation media, found one' };
      }
    },
  },
];

function* keys(file: AnswerFile): Generator<{ readonly spot: SettingSpot; readonly key: string }> {
  for (const spot of settingSpots(file, SETUP, 'UserData/ProductKey/Key')) yield { spot, key: textOf(spot) };
  for (const spot of settingSpots(file, 'Microsoft-Windows-Shell-Setup', 'ProductKey'))
    yield { spot, key: textOf(spot) };
}

interface InstalledWindows {
  readonly version: string | undefined;
  readonly edition: string | undefined;
  readonly evaluation: boolean;
}

/** What is installed: as the context says, else as the name of the image does (`Windows Server 2022 SERVERSTANDARD`). */
function windowsOf(file: AnswerFile, context: LintContext): InstalledWindows {
  const metadata = [...settingSpots(file, SETUP, 'ImageInstall/OSImage/InstallFrom/MetaData')];
  const named = metadata.find((spot) => /^\/IMAGE\/(NAME|DESCRIPTION)$/i.test(childValue(spot, 'Key')));
  const name = named === undefined ? '' : childValue(named, 'Value');
  const version = /Windows Server (2012 R2|2016|2019|2022|2025)\b/i.exec(name)?.[1];
  const edition = /azure|turbine/i.test(name) ? undefined : /(standard|datacenter|essentials)/i.exec(name)?.[1];
  return {
    version: context.version ?? version?.toUpperCase(),
    edition: context.edition ?? (edition === undefined ? undefined : capitalised(edition)),
    evaluation: context.evaluation ?? /eval/i.test(name),
  };
}

function capitalised(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1).toLowerCase()}`;
}
