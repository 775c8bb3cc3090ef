import { X509Certificate } from 'node:crypto';
import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../connect.ts';
import { type Http, openHttp } from '../http.ts';
import type { ReadOptions } from '../properties.ts';
import { openerFor } from '../trust.ts';
import type { VmRef } from '../vm.ts';

/** Where a transfer goes, over a connection that is verified. */
export interface TransferHost {
  readonly http: Http;
  /** Path and query; holds the token. A secret while the transfer is open. */
  readonly path: string;
  /** Ends what was opened for this transfer alone. */
  close(): Promise<void>;
}

/**
 * The other side of a URL that a file transfer of guest operations returned. Its host is `*` for the server that gave it
 * (vSphere Web Services SDK), vCenter's own, or the ESXi host's that runs the VM. That one has a certificate which need
 * not be signed by anyone known: vCenter knows it (`config.certificate`, PEM), and it is pinned by its SHA-256.
 *
 * Throws `vsphere.guest-transfer` for a URL that is none, or where vCenter does not show the host's certificate.
 */
export async function transferHost(
  vc: Vsphere,
  vm: VmRef,
  url: string,
  options: ReadOptions = {},
): Promise<TransferHost> {
  const [, host = '', port = '443', path = ''] = /^https:\/\/(\*|\[[^\]]+\]|[^/:]+)(?::(\d+))?(\/.*)$/.exec(url) ?? [];
  if (path === '') throw failed('expected an https URL for the transfer, found something else');
  const name = host.replace(/^\[|\]$/g, '');
  if (name === '*' || name === vc.address.host)
    return { http: vc.session.soap.http, path, close: () => Promise.resolve() };
  const address = { host: name, port: Number(port) };
  const thumbprint = await hostThumbprint(vc, vm, name, options);
  const http = await openHttp(address, await openerFor(address, { thumbprint }));
  return { http, path, close: () => http.close() };
}

async function hostThumbprint(vc: Vsphere, vm: VmRef, name: string, options: ReadOptions): Promise<string> {
  const { 'runtime.host': host } = await vc.read(vm, ['runtime.host'], options);
  const values = host === undefined ? undefined : await vc.read(host, ['config.certificate'], options);
  const thumbprint = thumbprintOfPem(values?.['config.certificate'] ?? []);
  if (thumbprint !== undefined) return thumbprint;
  throw failed(`expected vCenter to know the certificate of the ESXi host ${name}, found none`);
}

/** SHA-256 (hex) of a certificate as `config.certificate` has it: the bytes of a PEM file, signed as xsd:byte is. */
function thumbprintOfPem(bytes: readonly number[]): string | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return new X509Certificate(Buffer.from(bytes)).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    return undefined;
  }
}

function failed(message: string): IngotError {
  return new IngotError('vsphere.guest-transfer', message, {
    remedy:
      'Files of the guest go over vCenter or over the ESXi host that runs the VM: give the account System.Read on that host, ' +
      'and open port 443 from here to it.',
  });
}
