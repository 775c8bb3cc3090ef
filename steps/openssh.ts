import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { readAuthorizedKeys } from '../image/files.ts';
import { defineStep } from './define.ts';
import { installWindows } from './install-windows.ts';
import { ipAddress } from './ip-address.ts';
import { adaptersOutput, proveAdapters } from './support/adapters.ts';
import { changeOf } from './support/change.ts';
import { explained, type KnownFailures } from './support/known-failures.ts';
import { script, scriptFiles } from './support/script.ts';
import { proveSsh, sshState } from './support/ssh-state.ts';
import { setSshdConfig } from './support/sshd-config.ts';

/** Where sshd of Windows reads its configuration; SFTP path. */
const configFile = '/C:/ProgramData/ssh/sshd_config';
/** In a folder that only Administrators and SYSTEM can write to: sshd checks the file there before it is put into place. */
const candidate = { sftp: '/C:/ProgramData/ingot/sshd_config', windows: 'C:\\ProgramData\\ingot\\sshd_config' };

const result = changeOf(sshState);

const failures: KnownFailures = {
  'openssh.sshd-config': {
    code: 'openssh.sshd-config',
    message:
      'expected sshd to accept the options of openssh.sshdConfig, found that it refuses them; the old file stays',
    remedy:
      'correct openssh.sshdConfig in the image file: the evidence names the line. Older versions know fewer keywords',
  },
};

/** Logs in with the host key pinned from guestinfo; makes sure of the administrators' keys, their ACL and sshd_config. */
export const openssh = defineStep({
  id: 'openssh',
  title: 'Log in over SSH',
  needs: { windows: installWindows, address: ipAddress },
  inputs: async (image) => ({
    authorizedKeys: await readAuthorizedKeys(image),
    sshdConfig: { Port: String(image.openssh.port), ...image.openssh.sshdConfig },
  }),
  files: scriptFiles('openssh', 'ip-address'),
  output: z.object({ hostKeys: z.array(z.string()), keys: z.array(z.string()), acl: z.string() }),
  retryable: true,
  timeout: (image) => image.timeouts.ssh,
  async run(context) {
    const { inputs, config, needs, signal, warn, log } = context;
    const session = await context.guest(signal);
    const before = await session.readFile(configFile, { signal });
    const { bytes, overridden } = setSshdConfig(before, inputs.sshdConfig);
    for (const line of overridden) warn(`sshd_config: not for all logins, which a block takes out of it: ${line}`);
    const changed = Buffer.compare(before ?? Buffer.alloc(0), bytes) !== 0;
    if (changed) await session.writeFile(candidate.sftp, bytes, { signal });
    const parameters = {
      ...{ authorizedKeys: inputs.authorizedKeys, port: config.openssh.port },
      ...(changed ? { config: candidate.windows } : {}),
    };
    const { after, evidence } = await explained(script(context, 'openssh', parameters, result), failures);
    for (const line of evidence) log(`openssh: ${line}`);
    // sshd runs with another file from now on: what it says to a new login is what counts.
    if (changed) context.closeGuest();
    return { hostKeys: needs.windows.hostKeys, keys: after.keys, acl: after.acl };
  },
  async verify(context) {
    const { inputs, config, needs } = context;
    const parameters = { authorizedKeys: inputs.authorizedKeys, port: config.openssh.port };
    const { before } = await script(context, 'openssh', parameters, result, { test: true });
    const proof = proveSsh(before, {
      ...{ keys: inputs.authorizedKeys, port: config.openssh.port },
      ...{ options: inputs.sshdConfig, hostKeys: needs.windows.hostKeys },
    });
    const { adapters } = await script(context, 'ip-address', {}, adaptersOutput);
    const inside =
      adapters.length === 0 ? notInside(needs.address.address) : proveAdapters(adapters, needs.address.address);
    return [...proof, ...inside];
  },
});

function notInside(address: string): never {
  throw new IngotError(
    'ip-address.inside',
    `expected Windows to have the address ${address}, found no network adapter`,
    {
      remedy: 'look at the NICs of the VM, and whether Windows has a driver for them',
    },
  );
}
