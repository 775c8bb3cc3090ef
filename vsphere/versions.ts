import { IngotError } from '../common/failure.ts';
import type { Http } from './http.ts';
import { bodyText } from './http.ts';
import { isNewer } from './wire.ts';
import type { XmlNode } from './xml.ts';
import { child, parseXml } from './xml.ts';

/** The oldest vSphere API the client is made for. */
export const OLDEST_API = '6.7';

/**
 * The API version the server speaks: the newest of `urn:vim25` in `/sdk/vimServiceVersions.xml`, which needs no login.
 * It is what SOAPAction names: too low a version makes newer members come back empty, too high a one is refused.
 */
export async function negotiateVersion(http: Http, signal?: AbortSignal): Promise<string> {
  const path = '/sdk/vimServiceVersions.xml';
  const answer = await http.request({ method: 'GET', path, signal });
  const text = await bodyText(answer, signal, `GET ${path}`);
  const version = answer.statusCode === 200 ? findVersion(text) : undefined;
  if (version !== undefined) return version;
  const { host, port } = http.address;
  throw new IngotError(
    'vsphere.unreachable',
    `expected the vSphere API versions at https://${host}:${port}${path}, found HTTP ${answer.statusCode}`,
    {
      unreachable: true,
      retryable: answer.statusCode >= 500,
      remedy: 'Check that vcenter.server names a vCenter or ESXi.',
    },
  );
}

/** Whether the server is older than what the client is made for. */
export function isTooOld(version: string): boolean {
  return isNewer(OLDEST_API, version);
}

function findVersion(text: string): string | undefined {
  let root: XmlNode;
  try {
    root = parseXml(text);
  } catch {
    // Not XML: some other web server.
    return undefined;
  }
  const vim25 = root.children.find((item) => child(item, 'name')?.text.trim() === 'urn:vim25');
  const version = child(vim25, 'version')?.text.trim();
  return version && /^\d+(\.\d+)*$/.test(version) ? version : undefined;
}
