import { createHash } from 'node:crypto';
import { DAEMON_JSON_FILE } from '../paths.ts';
import { invalid, type ScriptCall, ScriptError, type ScriptModel, text } from './call.ts';

/** From this version on dockerd has --validate. */
const FIRST_WITH_VALIDATE = 23;
/** Directives of daemon.json, as Docker documents them for Windows. */
const DIRECTIVES = new Set(
  `allow-nondistributable-artifacts authorization-plugins bridge containerd data-root debug default-runtime dns dns-opts
  dns-search exec-opts experimental features fixed-cidr group hosts insecure-registries labels log-driver log-level
  log-opts max-concurrent-downloads max-concurrent-uploads max-download-attempts mtu pidfile proxies raw-logs
  registry-mirrors runtimes shutdown-timeout storage-driver storage-opts swarm-default-advertise-addr tlscacert tlscert
  tlskey tlsverify`.split(/\s+/),
);

export const docker: ScriptModel = (call) => installRuntime(call, 'docker', 'C:/Program Files/docker');
export const containerd: ScriptModel = (call) => installRuntime(call, 'containerd', 'C:/Program Files/containerd');

function installRuntime(call: ScriptCall, service: 'docker' | 'containerd', folder: string): ReturnType<ScriptModel> {
  const { windows } = call;
  const version = text(call, 'version');
  const sha256 = text(call, 'sha256').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw invalid('sha256', '64 hexadecimal digits');
  const candidate = service === 'docker' ? call.parameters.daemonJson : undefined;
  const before = stateOf(call, service);
  const todo = [
    before.version === version ? '' : 'version',
    before.status === 'Running' && before.startType === 'Automatic' ? '' : 'start',
    typeof candidate === 'string' ? 'daemon.json' : '',
  ].filter((what) => what !== '');
  if (todo.length > 0 && !call.test) {
    if (windows.features.get('Containers') !== 'Installed') {
      throw new ScriptError(`Service '${service}' cannot be started: the Containers feature is not active.`, {
        category: 'OpenError',
        code: `${service}.containers-feature`,
      });
    }
    if (todo.includes('version')) checkDigest(call, sha256);
    windows.software.set(service, version);
    windows.files.makeFolder(folder);
    if (typeof candidate === 'string') putDaemonJson(call, candidate, version);
    if (service === 'docker') startsWith(windows.files.read(DAEMON_JSON_FILE)?.toString('utf8'));
    windows.services.set(service, { status: 'Running', startType: 'Automatic' });
  }
  return { changed: todo.length > 0, before, after: stateOf(call, service), rebootRequired: false, evidence: todo };
}

/** The archive that was uploaded, or what the network gives for a URL. */
function checkDigest(call: ScriptCall, expected: string): void {
  const { url, path } = call.parameters;
  if ((typeof url === 'string') === (typeof path === 'string')) throw invalid('url', 'either url or path');
  let found = call.scenario.scenario.downloads?.sha256 ?? expected;
  if (typeof path === 'string') {
    const bytes = call.windows.files.read(path);
    if (bytes === undefined)
      throw new ScriptError(`Expected the archive ${path}, found none.`, { code: 'guest.no-archive' });
    found = createHash('sha256').update(bytes).digest('hex');
  }
  if (found === expected) return;
  throw new ScriptError(`Expected the SHA-256 ${expected} for ${url ?? path}, found ${found}.`, {
    code: 'guest.digest',
  });
}

function putDaemonJson({ windows }: ScriptCall, candidate: string, version: string): void {
  const content = windows.files.read(candidate)?.toString('utf8');
  if (content === undefined)
    throw new ScriptError(`Cannot find path '${candidate}' because it does not exist.`, { category: 'ObjectNotFound' });
  const problem = daemonProblem(content);
  if (problem !== undefined && Number(version.split('.')[0]) >= FIRST_WITH_VALIDATE) {
    throw new ScriptError(
      `Expected dockerd --validate to accept the new daemon.json, found exit code 1: unable to configure the Docker daemon with file ${candidate}: ${problem}`,
      { code: 'docker.daemon-json' },
    );
  }
  windows.files.makeFolder('C:/ProgramData/docker/config');
  windows.files.write(DAEMON_JSON_FILE, content);
  windows.files.removeFile(candidate);
}

/** dockerd ends at once with a file that it does not take. */
function startsWith(content: string | undefined): void {
  const problem = content === undefined ? undefined : daemonProblem(content);
  if (problem !== undefined)
    throw new ScriptError("Service 'Docker Engine (docker)' cannot be started.", { category: 'OpenError' });
}

function daemonProblem(content: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return 'invalid character';
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'cannot unmarshal';
  const unknown = Object.keys(value).filter((key) => !DIRECTIVES.has(key));
  return unknown.length === 0
    ? undefined
    : `the following directives don't match any configuration option: ${unknown.join(', ')}`;
}

function stateOf({ windows }: ScriptCall, service: 'docker' | 'containerd') {
  const { status, startType } = windows.services.get(service) ?? { status: 'Missing', startType: '' };
  const version = windows.software.get(service) ?? '';
  const state = { version, status, startType, answers: status === 'Running' ? version : '' };
  if (service === 'containerd') return state;
  return { ...state, daemonJson: (windows.files.read(DAEMON_JSON_FILE) ?? Buffer.alloc(0)).toString('base64') };
}
