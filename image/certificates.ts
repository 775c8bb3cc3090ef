import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { IngotError } from '../common/failure.ts';
import type { Finding, Path } from './problem.ts';
import type { CertificateStore } from './schema/certificates.ts';

/** One certificate on its way into a store of Windows. */
export interface StoreCertificate {
  readonly store: CertificateStore;
  /** SHA-1 of the DER bytes, upper case hexadecimal: the name that Windows gives it. */
  readonly thumbprint: string;
  /** SHA-256 of the DER bytes, lower case hexadecimal. */
  readonly sha256: string;
  readonly subject: string;
  readonly der: Buffer;
}

interface Source {
  readonly file: string;
  readonly store: CertificateStore;
}

type Words = Pick<Finding, 'code' | 'expected' | 'found' | 'remedy' | 'severity'>;

/** Larger files are something else: a bundle of all public roots has 250 KB. */
const LARGEST = 2 ** 20;
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;
const DAY = 86_400_000;

/** What is wrong with a file of certificates and with what it is to be trusted for, at its place. */
export async function certificateFindings({ file, store }: Source, path: Path, now = Date.now()): Promise<Finding[]> {
  const read = await readCertificates(file);
  const words = 'code' in read ? [read] : read.flatMap((certificate) => judge(certificate, store, now));
  return words.map((finding) => ({ path: [...path, 'file'], ...finding }));
}

/**
 * The certificates of an image file, in its order, each once a store.
 * @throws IngotError `certificates.content`, `certificates.private-key`
 */
export async function storeCertificates(sources: readonly Source[]): Promise<StoreCertificate[]> {
  const found = new Map<string, StoreCertificate>();
  for (const { file, store } of sources) {
    const read = await readCertificates(file);
    if ('code' in read) {
      const { code, expected, remedy } = read;
      throw new IngotError(code, `expected ${expected} in ${file}, found ${read.found}`, { remedy });
    }
    for (const certificate of read) {
      const thumbprint = certificate.fingerprint.replaceAll(':', '');
      found.set(`${store} ${thumbprint}`, {
        store,
        thumbprint,
        sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
        subject: nameOf(certificate),
        der: certificate.raw,
      });
    }
  }
  return [...found.values()];
}

/** PEM (all its certificates; other text between them is left out) or DER. */
async function readCertificates(file: string): Promise<X509Certificate[] | Words> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return content(`no readable file ${file}`, 'correct the path');
  if (bytes.length > LARGEST) return content('a file of more than 1 MiB', 'name a file of certificates only');
  const blocks = [...bytes.toString('latin1').matchAll(BLOCK)];
  if (blocks.some(([, label = '']) => label.includes('PRIVATE KEY')) || isPkcs12(bytes)) {
    return {
      code: 'certificates.private-key',
      expected: 'a certificate without a private key',
      found: blocks.length > 0 ? 'a private key' : 'a PKCS#12 file, which brings private keys',
      remedy: 'export the certificate alone: in an image, each clone would have the key',
    };
  }
  const wanted = blocks.filter(([, label = '']) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label));
  const parts = wanted.length > 0 ? wanted.map(([text]) => text) : [bytes];
  try {
    const { X509Certificate } = await import('node:crypto');
    return parts.map((part) => new X509Certificate(part));
  } catch {
    const other = blocks[0]?.[1];
    return content(
      other === undefined || wanted.length > 0 ? 'bytes that are none' : `a ${other}`,
      'name a certificate in PEM (-----BEGIN CERTIFICATE-----) or DER',
    );
  }
}

function content(found: string, remedy: string): Words {
  return { code: 'certificates.content', expected: 'an X.509 certificate', found, remedy };
}

/** PFX of RFC 7292 begins with a sequence whose first member is the version 3; a certificate's is a sequence. */
function isPkcs12(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30) return false;
  const length = bytes[1] ?? 0;
  const first = length < 0x80 ? 2 : 2 + (length & 0x7f);
  return bytes[first] === 0x02 && bytes[first + 1] === 0x01 && bytes[first + 2] === 0x03;
}

function judge(certificate: X509Certificate, store: CertificateStore, now: number): Words[] {
  const name = nameOf(certificate);
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (to <= now) {
    return [
      {
        code: 'certificates.expired',
        expected: 'a certificate that is valid',
        found: `${name}, expired on ${new Date(to).toISOString().slice(0, 10)}`,
        remedy: 'name its successor',
      },
    ];
  }
  const doubts: Words[] = [];
  const doubt = (code: string, expected: string, found: string, remedy: string) =>
    doubts.push({ code, expected, found: `${name}, ${found}`, remedy, severity: 'warning' });
  if (from > now + DAY) {
    doubt('certificates.not-yet', 'a certificate that is valid now', 'valid later', 'look at the clock, or wait');
  }
  const own = certificate.issuer === certificate.subject;
  if (store !== 'TrustedPublisher' && !certificate.ca) {
    doubt(
      'certificates.store',
      `a certificate authority for ${store}`,
      'which is none',
      'trust the one that issued it',
    );
  } else if (store === 'Root' && !own) {
    doubt('certificates.store', 'a root, issued by itself', 'issued by another', 'write store: CA, and trust its root');
  } else if (store === 'TrustedPublisher' && certificate.ca) {
    doubt(
      'certificates.store',
      'a publisher, who signs software',
      'a certificate authority',
      'write store: Root or CA',
    );
  }
  return doubts;
}

/** The common name, or the last part of the subject. */
function nameOf({ subject }: X509Certificate): string {
  const parts = (subject ?? '').split('\n').filter((part) => part !== '');
  const name = parts.find((part) => part.startsWith('CN=')) ?? parts.at(-1) ?? 'no name';
  return name.replace(/^[A-Za-z.0-9]+=/, '').slice(0, 100);
}
