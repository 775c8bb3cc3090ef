import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { bits, der, integer, octets, oid, sequence, set, TRUE, time, utf8 } from './der.ts';

/** A lab's identity: PEM texts of its CA and of the server certificate that the CA signed. */
export interface LabCertificate {
  readonly caCertificate: string;
  readonly certificate: string;
  readonly key: string;
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const DAY = 24 * 60 * 60 * 1000;

/**
 * Makes a CA and a server certificate for 127.0.0.1, ::1 and localhost (RFC 5280, ECDSA P-256), both good for 30 days.
 * Written with node:crypto alone: no library to load, about 3 ms.
 */
export function makeCertificate(now = new Date()): LabCertificate {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = name(`ingot lab CA ${randomBytes(4).toString('hex')}`);
  const caIdentifier = keyIdentifier(ca.publicKey);
  const caCertificate = signed(ca.privateKey, ca.publicKey, issuer, issuer, now, [
    extension('2.5.29.19', true, sequence(TRUE)),
    extension('2.5.29.15', true, der(0x03, Buffer.of(1, 0x06))), // keyCertSign, cRLSign
    extension('2.5.29.14', false, octets(caIdentifier)),
  ]);
  const names = sequence(
    der(0x82, Buffer.from('localhost', 'latin1')),
    der(0x87, Buffer.of(127, 0, 0, 1)),
    der(0x87, Buffer.concat([Buffer.alloc(15), Buffer.of(1)])),
  );
  const certificate = signed(ca.privateKey, server.publicKey, issuer, name('localhost'), now, [
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.15', true, der(0x03, Buffer.of(7, 0x80))), // digitalSignature
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))), // serverAuth
    extension('2.5.29.17', false, names),
    extension('2.5.29.35', false, sequence(der(0x80, caIdentifier))),
    extension('2.5.29.14', false, octets(keyIdentifier(server.publicKey))),
  ]);
  return {
    caCertificate: caCertificate.toString(),
    certificate: certificate.toString(),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function signed(
  caKey: KeyObject,
  publicKey: KeyObject,
  issuer: Buffer,
  subject: Buffer,
  now: Date,
  extensions: readonly Buffer[],
): X509Certificate {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))), // version 3
    integer(serial),
    ECDSA_SHA256,
    issuer,
    sequence(time(new Date(now.getTime() - DAY)), time(new Date(now.getTime() + 30 * DAY))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  return new X509Certificate(sequence(body, ECDSA_SHA256, bits(sign('sha256', body, caKey))));
}

function name(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return critical ? sequence(oid(id), TRUE, octets(value)) : sequence(oid(id), octets(value));
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}
