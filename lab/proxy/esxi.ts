import { X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import { type LabCertificate, makeCertificate } from '../certificate.ts';
import { reference } from '../vcsim/soap.ts';
import { at, leaf, node } from '../xml.ts';
import { answer, forward, type Interceptor, type ProxyContext } from './call.ts';

/** The ESXi host of a lab, for what goes over it and not over vCenter: file transfers, under a certificate of its own. */
export class Esxi {
  readonly certificate: LabCertificate = makeCertificate();
  #server: Promise<Server> | undefined;

  /** Listens on a free port of 127.0.0.1; `https://localhost:PORT`, which is another name than vCenter's. */
  async origin({ transfers, leases }: Pick<ProxyContext, 'transfers' | 'leases'>): Promise<string> {
    const { certificate: cert, key } = this.certificate;
    this.#server ??= new Promise((resolve, reject) => {
      const server = createServer({ cert, key }, (incoming, outgoing) => {
        const routes = incoming.url?.startsWith('/nfc/') ? leases : transfers;
        routes.route(incoming, outgoing).catch(() => outgoing.destroy());
      });
      server.on('tlsClientError', () => {});
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
    const address = (await this.#server).address();
    return `https://localhost:${address !== null && typeof address === 'object' ? address.port : 0}`;
  }

  /** SHA-1 of the certificate, as vCenter tells it: `AB:CD:…`. */
  get thumbprint(): string {
    return new X509Certificate(this.certificate.certificate).fingerprint;
  }

  async close(): Promise<void> {
    const server = await this.#server;
    server?.close();
    server?.closeAllConnections();
  }
}

/**
 * RetrievePropertiesEx of `config.certificate`, which is vcsim's own otherwise: the certificate that vCenter knows of the
 * host, as the bytes of a PEM file.
 */
export const hostCertificate: Interceptor = async (call, lab) => {
  const { certificate } = lab.scenario.scenario.guestFiles ?? {};
  const host = at(call.body, 'specSet', 'objectSet', 'obj');
  if (certificate === undefined || host === undefined) return forward(call, lab);
  const known = certificate === 'known' ? lab.esxi.certificate : makeCertificate();
  // xsd:byte is signed.
  const bytes = [...Buffer.from(known.certificate, 'latin1')].map((byte) => leaf('byte', (byte << 24) >> 24));
  const value = node('val', bytes.join(''), 'ArrayOfByte');
  const object = reference('obj', { type: host.attributes.type ?? '', value: host.text.trim() });
  const found = node('objects', object + node('propSet', leaf('name', 'config.certificate') + value));
  return answer(call.method, node('returnval', found));
};
