import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { readAuthorizedKeys } from '../image/files.ts';
import { defineStep } from './define.ts';
import { installWindows } from './install-windows.ts';
import { ipAddress } from './ip-address.ts';
import { script, scriptFiles } from './support/script.ts';

const state = z.object({
  changed: z.boolean(),
  keys: z.array(z.string()),
  acl: z.string(),
  status: z.string(),
  startType: z.string(),
  firewallProfile: z.string(),
});

/** Full control for Administrators and SYSTEM, inheritance off, nothing else: OpenSSH up to 8.1 refuses any other entry. */
const exactAces = ['(A;;FA;;;BA)', '(A;;FA;;;SY)'];

/** Logs in with the host key pinned from guestinfo, and makes sure of the administrators' keys and their ACL. */
export const openssh = defineStep({
  id: 'openssh',
  title: 'Log in over SSH',
  needs: { windows: installWindows, address: ipAddress },
  inputs: async (image) => ({ authorizedKeys: await readAuthorizedKeys(image) }),
  files: scriptFiles('openssh'),
  output: z.object({ hostKeys: z.array(z.string()), keys: z.array(z.string()), acl: z.string() }),
  retryable: true,
  timeout: (image) => image.timeouts.ssh,
  async run(context) {
    const { keys, acl } = await script(context, 'openssh', context.inputs, state);
    return { hostKeys: context.needs.windows.hostKeys, keys, acl };
  },
  async verify(context) {
    const found = await script(context, 'openssh', context.inputs, state);
    const missing = context.inputs.authorizedKeys.filter((key) => !found.keys.some((line) => sameKey(line, key)));
    if (missing.length > 0) {
      throw new IngotError('openssh.keys', `expected ${missing.length} more keys in administrators_authorized_keys`, {
        evidence: [...missing.map((key) => `missing: ${key}`), ...found.keys.map((key) => `found: ${key}`)],
        remedy: 'look for software in the image that rewrites the file',
      });
    }
    if (!isExact(found.acl)) {
      throw new IngotError(
        'openssh.acl',
        'expected administrators_authorized_keys to be open to Administrators and SYSTEM only',
        {
          evidence: [`found ${found.acl}`],
          remedy:
            'run: icacls.exe C:\\ProgramData\\ssh\\administrators_authorized_keys /inheritance:r /grant *S-1-5-32-544:F /grant *S-1-5-18:F, and find out what changes it back',
        },
      );
    }
    if (found.status !== 'Running' || found.startType !== 'Automatic') {
      throw new IngotError('openssh.service', 'expected sshd to run and to start automatically', {
        evidence: [`found ${found.status}, ${found.startType}`],
        remedy: 'run: Set-Service sshd -StartupType Automatic; Start-Service sshd',
      });
    }
    return [
      `host key pinned; ${found.keys.length} administrators’ keys, ACL exact`,
      `sshd ${found.status}, ${found.startType}; firewall profile ${found.firewallProfile}`,
    ];
  },
});

/** Type and key; the comment may differ. */
function sameKey(a: string, b: string): boolean {
  const [x, y] = [a, b].map((line) => line.split(/\s+/).slice(0, 2).join(' '));
  return x === y;
}

/** Whether an SDDL grants full control to exactly the two, with inheritance off (`P`). */
function isExact(sddl: string): boolean {
  const dacl = /D:([A-Z]*)((?:\([^)]*\))*)/.exec(sddl);
  const aces = dacl?.[2]?.match(/\([^)]*\)/g) ?? [];
  return (dacl?.[1] ?? '').includes('P') && aces.length === 2 && exactAces.every((ace) => aces.includes(ace));
}
