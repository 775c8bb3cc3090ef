import { IngotError } from '../common/failure.ts';
import { canonicalJson } from '../common/json.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { installRuntime, proveRuntime, runtimeOutput } from './support/container-runtime.ts';
import { mergeDaemonJson } from './support/daemon-json.ts';
import { scriptFiles } from './support/script.ts';

/** Where dockerd reads its settings; SFTP path. */
const daemonJson = '/C:/ProgramData/docker/config/daemon.json';
/** Where dockerd checks it before it is put into place. */
const candidate = { sftp: '/C:/ProgramData/ingot/daemon.json', windows: 'C:\\ProgramData\\ingot\\daemon.json' };

/** Docker from its static archive, as a service, with the Containers feature and the restart that this asks for. */
export const docker = defineStep({
  id: 'docker',
  title: (image) => `Install Docker ${image.docker?.version ?? ''}`.trimEnd(),
  needs: { shell: openssh },
  applies: (image) => image.docker !== undefined || 'not asked for',
  inputs: ({ docker }) => ({
    version: docker?.version ?? '',
    sha256: docker?.sha256 ?? '',
    daemon: canonicalJson(docker?.daemon ?? {}),
  }),
  files: scriptFiles('windows-feature', 'docker'),
  output: runtimeOutput,
  retryable: true,
  reboot: 'if-needed',
  timeout: (image) => 2 * image.timeouts.script + image.timeouts.boot,
  run: (context) =>
    installRuntime(context, 'docker', context.config.docker, async () => {
      const { daemon } = context.config.docker ?? {};
      if (daemon === undefined) return {};
      const session = await context.guest(context.signal);
      const { bytes, changed } = mergeDaemonJson(await session.readFile(daemonJson, context), daemon);
      if (!changed) return {};
      await session.writeFile(candidate.sftp, bytes, context);
      return { daemonJson: candidate.windows };
    }),
  async verify(context) {
    const { daemon } = context.config.docker ?? {};
    const { proof, found } = await proveRuntime(context, 'docker', context.config.docker);
    if (daemon === undefined) return [proof];
    const bytes = Buffer.from(found.daemonJson ?? '', 'base64');
    if (mergeDaemonJson(bytes, daemon).changed) {
      throw new IngotError('docker.daemon-json', 'expected daemon.json to hold the settings of docker.daemon', {
        evidence: bytes.toString('utf8').split(/\r?\n/).slice(0, 20),
        remedy: 'look for software in the image that rewrites C:\\ProgramData\\docker\\config\\daemon.json',
      });
    }
    return [proof, `daemon.json: ${Object.keys(daemon).join(', ')}`];
  },
});
