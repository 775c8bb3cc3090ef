import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A CA of its own and a server certificate for 127.0.0.1 that it signed. */
export interface Certificates {
  readonly caFile: string;
  readonly key: string;
  readonly cert: string;
  /** SHA-256 of the server certificate, 64 hexadecimal digits. */
  readonly thumbprint: string;
  remove(): Promise<void>;
}

/** Makes both with the openssl command. `name`: what the server certificate is for. */
export async function makeCertificates(name = 'IP:127.0.0.1'): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-tls-'));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA');
  await openssl(
    ...['req', '-x509', ...ec, '-keyout', 'key.pem', '-out', 'cert.pem', '-days', '2', '-subj', '/CN=vcenter.test'],
    ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', `subjectAltName=${name}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
  );
  const [key, cert] = await Promise.all(['key.pem', 'cert.pem'].map((file) => readFile(join(folder, file), 'utf8')));
  if (key === undefined || cert === undefined) throw new Error('openssl wrote no certificate');
  const thumbprint = createHash('sha256').update(new X509Certificate(cert).raw).digest('hex');
  return { caFile: join(folder, 'ca.pem'), key, cert, thumbprint, remove: () => rm(folder, { recursive: true }) };
}
