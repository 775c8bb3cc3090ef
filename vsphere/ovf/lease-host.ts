import { X509Certificate } from 'node:crypto';
import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../connect.ts';
import { type Http, openHttp } from '../http.ts';
import { openerFor, openerForSha1 } from '../trust.ts';
import type { HttpNfcLeaseDeviceUrl } from '../vim25.gen.ts';

/** Where a file of a lease is, over a connection that is verified. */
export interface LeaseFile {
  readonly http: Http;
  /** Path and query: it holds the lease's ticket, so it stands in no error. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `127.0.0.1:443`, for errors. */
  readonly where: string;
}

/**
 * The servers that the URLs of a lease name. Host `*` is the server that gave them (vSphere API, HttpNfcLeaseDeviceUrl.url);
 * others are ESXi hosts, whose certificates need not be signed by anyone known: vCenter tells the certificate itself
 * (`sslCertificate`, since 9.0) or its SHA-1 (`sslThumbprint`), and that is what is held against.
 */
export class LeaseHosts implements AsyncDisposable {
  readonly #vc: Vsphere;
  readonly #open = new Map<string, Promise<Http>>();

  constructor(vc: Vsphere) {
    this.#vc = vc;
  }

  /** Throws `ovf.host`: no URL, or a host whose certificate vCenter does not tell. */
  async of(device: HttpNfcLeaseDeviceUrl): Promise<LeaseFile> {
    const [, host = '', port = '443', path = ''] =
      /^https:\/\/(\*|\[[^\]]+\]|[^/:]+)(?::(\d+))?(\/.*)$/.exec(device.url) ?? [];
    if (path === '') throw hostError('expected an https URL for a disk, found something else');
    const name = host.replace(/^\[|\]$/g, '');
    const own = this.#vc.address;
    if (name === '*' || (name === own.host && Number(port) === own.port)) {
      const { http, cookie = '' } = this.#vc.session.soap;
      return { http, path, headers: { cookie }, where: `${own.host}:${own.port}` };
    }
    const where = `${host}:${port}`;
    const key = `${where} ${device.sslCertificate ?? device.sslThumbprint}`;
    const opening = this.#open.get(key) ?? openHost({ host: name, port: Number(port) }, device);
    this.#open.set(key, opening);
    return { http: await opening, path, headers: {}, where };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
  }
}

async function openHost(
  address: { readonly host: string; readonly port: number },
  { sslCertificate, sslThumbprint }: HttpNfcLeaseDeviceUrl,
): Promise<Http> {
  const thumbprint = sha256Of(sslCertificate);
  if (thumbprint !== undefined) return openHttp(address, await openerFor(address, { thumbprint }));
  if (/^[0-9a-f]{2}(:?[0-9a-f]{2}){19}$/i.test(sslThumbprint))
    return openHttp(address, openerForSha1(address, sslThumbprint));
  throw hostError(`expected vCenter to tell the certificate of ${address.host}, found none`);
}

function sha256Of(pem: string | undefined): string | undefined {
  try {
    return pem ? new X509Certificate(pem).fingerprint256 : undefined;
  } catch {
    return undefined;
  }
}

function hostError(message: string): IngotError {
  return new IngotError('ovf.host', message, {
    remedy:
      'Disks go over vCenter or over the ESXi host: reconnect that host in vCenter, so that it knows its certificate.',
  });
}
