import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { IngotError } from '../common/failure.ts';
import { fingerprintOf, mpint, writeSshStrings } from '../common/ssh-wire.ts';
import { checkPublicKey } from '../image/public-key.ts';
import { readOpensshKey } from './openssh-private-key.ts';

/** A private key that the Windows Machine Config Operator can use. */
export interface OperatorKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, … */
  readonly type: string;
  readonly bits: number;
  /** Of its public half, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** Empty where the format has none. */
  readonly comment: string;
}

/** Formats of golang.org/x/crypto/ssh.ParseRawPrivateKey, by the label of the first PEM block. */
const PEM_KEYS: ReadonlySet<string> = new Set(['RSA PRIVATE KEY', 'EC PRIVATE KEY', 'PRIVATE KEY']);
const REWRITE =
  'give a key in the format of OpenSSH or in PEM: ssh-keygen -p -f COPY rewrites a copy of one that ssh-keygen can read';

/**
 * Reads a private key as the operator does: with ssh.ParsePrivateKey of golang.org/x/crypto, which takes OpenSSH's own
 * format, PKCS#1, SEC 1 and PKCS#8, and nothing that is encrypted; weak keys it refuses (WMCO, pkg/signer/signer.go).
 *
 * @throws IngotError `handover.key-public`, `handover.key-encrypted`, `handover.key-format`, `handover.key-weak`; none of
 *   them shows anything of the key
 */
export function readOperatorKey(text: string): OperatorKey {
  const { blob, comment } = publicHalf(text.trim());
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1');
  const checked = checkPublicKey(`${type} ${blob.toString('base64')}`);
  if ('found' in checked) throw checked.weak ? weak(checked.found) : format(checked.found);
  return { ...checked, fingerprint: fingerprintOf(blob), comment };
}

function publicHalf(text: string): { readonly blob: Buffer; readonly comment: string } {
  if (isPublic(text)) {
    throw new IngotError('handover.key-public', 'expected a private key, found a public key', {
      remedy: 'give the file beside it, without .pub',
    });
  }
  if (text.startsWith('PuTTY-User-Key-File-')) {
    throw format("a key in PuTTY's format", 'convert it: puttygen KEY.ppk -O private-openssh -o KEY');
  }
  const [block, label = '', body = ''] =
    /-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----/.exec(text) ?? [];
  if (block === undefined) throw format('no PEM block in it');
  if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/m.test(body)) throw encrypted();
  if (label === 'OPENSSH PRIVATE KEY') {
    const key = readOpensshKey(Buffer.from(body, 'base64'));
    if ('encrypted' in key) throw encrypted();
    if ('broken' in key) throw format(key.broken);
    return key;
  }
  if (label === 'DSA PRIVATE KEY') throw weak('a DSA key');
  if (label === 'EC PARAMETERS') {
    throw format(
      'the parameters of a curve before the key, at which the operator stops reading',
      'remove the block EC PARAMETERS, or rewrite a copy: openssl ec -in KEY -out COPY',
    );
  }
  if (!PEM_KEYS.has(label)) throw format(`a PEM block “${label}”`);
  return { blob: blobOf(parsePem(block)), comment: '' };
}

function isPublic(text: string): boolean {
  return (
    /^(ssh-|ecdsa-sha2-|sk-(ssh|ecdsa)-)\S* /.test(text) || /^-{4,5} ?BEGIN (SSH2 |RSA |EC )?PUBLIC KEY/.test(text)
  );
}

function parsePem(block: string): KeyObject {
  try {
    return createPrivateKey(block);
  } catch {
    // OpenSSL's words tell nothing that helps, and may tell of the key.
    throw format('a PEM block that is damaged');
  }
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'nistp256',
  secp384r1: 'nistp384',
  secp521r1: 'nistp521',
};

/** The public half of a key as SSH writes it (RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4). */
function blobOf(key: KeyObject): Buffer {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details = {} } = key;
  if (kind === 'dsa') throw weak('a DSA key');
  const curve = CURVES[details.namedCurve ?? ''];
  if (kind === 'ec' && curve === undefined) {
    if (details.namedCurve === 'secp224r1') throw weak('an ECDSA key on the curve P-224');
    throw format(`an ECDSA key on the curve ${details.namedCurve ?? 'of its own'}`);
  }
  if (kind !== 'rsa' && kind !== 'ec' && kind !== 'ed25519') throw format(`a key of the kind ${kind ?? 'unknown'}`);
  if (!belongTogether(key)) throw format('a private half that does not belong to the public half beside it');
  const { n = '', e = '', x = '', y = '' } = key.export({ format: 'jwk' });
  const bytes = (part: string) => Buffer.from(part, 'base64url');
  if (kind === 'rsa') return writeSshStrings('ssh-rsa', mpint(bytes(e)), mpint(bytes(n)));
  if (kind === 'ed25519') return writeSshStrings('ssh-ed25519', bytes(x));
  return writeSshStrings(`ecdsa-sha2-${curve}`, curve ?? '', Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]));
}

/** PEM holds both halves, and reading it does not compare them. */
function belongTogether(key: KeyObject): boolean {
  const [hash, data] = [key.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.from('ingot')];
  try {
    return verify(hash, data, createPublicKey(key), sign(hash, data, key));
  } catch {
    return false;
  }
}

function encrypted(): IngotError {
  return new IngotError(
    'handover.key-encrypted',
    'expected a private key without a passphrase, found an encrypted one: the operator has no way to open it',
    { remedy: "make a copy without a passphrase for the operator: cp KEY COPY; ssh-keygen -p -N '' -f COPY" },
  );
}

function format(found: string, remedy = REWRITE): IngotError {
  return new IngotError(
    'handover.key-format',
    `expected a private key that the operator can read (OpenSSH or PEM; Ed25519, ECDSA or RSA), found ${found}`,
    { remedy },
  );
}

function weak(found: string): IngotError {
  return new IngotError('handover.key-weak', `expected a key that is not weak, found ${found}`, {
    remedy:
      'make another one (ssh-keygen -t ed25519), put its public half into openssh.authorizedKeys and build again: ' +
      'RSA below 2048 bits, DSA and P-224 are refused by the operator and by newer OpenSSH',
  });
}
