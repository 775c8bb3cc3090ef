import { fingerprintOf } from '../../guest/public-key.ts';
import type { SealedFacts } from '../../handover/sealed-facts.ts';
import type { Image } from '../../image/index.ts';
import { checkPublicKey } from '../../image/public-key.ts';

/** What those who use the template ask for; it was proved by the steps, and cannot be seen from outside afterwards. */
export function sealedFacts(
  image: Image,
  found: {
    readonly build: string;
    readonly installationType: string;
    /** Lines of administrators_authorized_keys, read back from Windows. */
    readonly keys: readonly string[];
  },
): SealedFacts {
  const runtime = image.docker === undefined ? image.containerd : image.docker;
  return {
    version: 1,
    authorizedKeys: found.keys.flatMap((line) => {
      const checked = checkPublicKey(line);
      const [, blob = '', ...comment] = line.trim().split(/[ \t]+/);
      if (!('type' in checked)) return [];
      return [{ ...checked, fingerprint: fingerprintOf(blob), comment: comment.join(' ') }];
    }),
    windows: { version: image.windows.version, build: found.build, installationType: found.installationType },
    runtime: runtime && { name: image.docker === undefined ? 'containerd' : 'docker', version: runtime.version },
    ports: image.firewall.rules
      .filter(({ protocol, direction, action }) => protocol === 'TCP' && direction === 'Inbound' && action === 'Allow')
      .map(({ port }) => String(port)),
  };
}
