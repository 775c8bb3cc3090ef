import { X509Certificate } from 'node:crypto';
import { invalid, type ScriptCall, ScriptError, type ScriptModel } from './call.ts';

const STORES = ['Root', 'CA', 'TrustedPublisher'];

interface Wanted {
  readonly store: string;
  readonly thumbprint: string;
  readonly der: string;
}

/** The stores of the computer. A thumbprint is taken from the bytes that came, never from what was said of them. */
export const certificates: ScriptModel = (call) => {
  const given = call.parameters.certificates;
  if (!Array.isArray(given)) throw invalid('certificates', 'a list of certificates');
  const wanted = given.map(readWanted);
  const state = () => wanted.map((one) => stateOf(call, one));
  const before = state();
  const missing = wanted.filter((_, index) => before[index]?.present === false);
  if (!call.test) for (const one of missing) add(call, one);
  return {
    changed: missing.length > 0,
    before,
    after: state(),
    rebootRequired: false,
    evidence: missing.map(({ store, thumbprint }) => `${store}: ${thumbprint}`),
  };
};

function stateOf({ windows }: ScriptCall, { store, thumbprint }: Wanted) {
  const held = windows.settings.certificates.get(`${store} ${thumbprint}`);
  if (held === undefined) return { store, thumbprint, present: false, sha256: '', subject: '', notAfter: '' };
  const certificate = new X509Certificate(Buffer.from(held, 'base64'));
  return {
    store,
    thumbprint,
    present: true,
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    subject: certificate.subject.split('\n').reverse().join(', '),
    notAfter: new Date(certificate.validTo).toISOString(),
  };
}

function add({ windows, scenario }: ScriptCall, { store, thumbprint, der }: Wanted): void {
  let found: X509Certificate;
  try {
    found = new X509Certificate(Buffer.from(der, 'base64'));
  } catch {
    throw new ScriptError('Cannot find the requested object.', { category: 'InvalidData' });
  }
  if (found.fingerprint.replaceAll(':', '') !== thumbprint) {
    throw new ScriptError('The certificate has another thumbprint.', { code: 'certificates.thumbprint' });
  }
  const fault = scenario.scenario.certificates;
  if (fault?.refuses !== undefined) throw new ScriptError(fault.refuses, { code: 'certificates.store-refused' });
  if (fault?.vanish) return;
  windows.settings.certificates.set(`${store} ${thumbprint}`, der);
}

function readWanted(value: unknown): Wanted {
  if (value === null || typeof value !== 'object') throw invalid('certificates', 'objects {store, thumbprint, der}');
  const fields = new Map<string, unknown>(Object.entries(value));
  const [store, thumbprint, der] = [fields.get('store'), fields.get('thumbprint'), fields.get('der')];
  if (typeof store !== 'string' || !STORES.includes(store)) throw invalid('store', STORES.join(', '));
  if (typeof thumbprint !== 'string' || !/^[0-9A-F]{40}$/.test(thumbprint)) throw invalid('thumbprint', 'a thumbprint');
  if (typeof der !== 'string' || der === '') throw invalid('der', 'base64');
  return { store, thumbprint, der };
}
