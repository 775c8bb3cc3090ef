import type { Mistake } from './mistakes.ts';

const UPDATES = 'updates: none';

/** One registry value, in place of the line about updates. */
function registryOf(fields: string): string {
  return `registry: [{ ${fields} }]`;
}

/** Mistakes in what Windows is set to: features, registry, certificates, clock, dumps, Defender, clean-up. */
export const SETTINGS_MISTAKES: readonly Mistake[] = [
  [UPDATES, 'features: { install: [‸"Containers; rm"] }', 'features.install[0]', 'image.value'],
  [UPDATES, 'features: { install: [SNMP], remove: [‸snmp] }', 'features.remove[0]', 'features.conflict'],
  [UPDATES, 'features: { remove: [‸containers] }', 'features.remove[0]', 'features.conflict'],
  [UPDATES, 'capabilities: [‸OpenSSH.Client]', 'capabilities[0]', 'image.value'],
  [UPDATES, registryOf('path: ‸HKCU\\Software\\X, name: a, absent: true'), 'registry[0].path', 'registry.hive'],
  [UPDATES, registryOf('path: ‸HKLM\\SAM\\X, name: a, absent: true'), 'registry[0].path', 'registry.hive'],
  [UPDATES, registryOf('path: ‸SOFTWARE, absent: true'), 'registry[0].path', 'image.value'],
  [UPDATES, registryOf('path: HKLM\\X, name: a, type: ‸Dword, value: 1'), 'registry[0].type', 'image.value'],
  [
    UPDATES,
    registryOf('path: HKLM\\X, name: a, type: DWord, value: ‸4294967296'),
    'registry[0].value',
    'registry.data',
  ],
  [UPDATES, registryOf('path: HKLM\\X, name: a, type: DWord, value: ‸-1'), 'registry[0].value', 'registry.data'],
  [UPDATES, registryOf('path: HKLM\\X, name: a, type: DWord, value: ‸on'), 'registry[0].value', 'registry.data'],
  [UPDATES, registryOf('path: HKLM\\X, name: a, type: String, value: ‸1'), 'registry[0].value', 'registry.data'],
  [UPDATES, registryOf('path: HKLM\\X, name: a, type: MultiString, value: ‸x'), 'registry[0].value', 'registry.data'],
  [UPDATES, registryOf('path: HKLM\\X, name: a, type: Binary, value: ‸abc'), 'registry[0].value', 'registry.data'],
  [
    UPDATES,
    registryOf('path: HKLM\\X, name: a, type: QWord, value: ‸{ secret: env:X }'),
    'registry[0].value',
    'registry.data',
  ],
  [
    UPDATES,
    registryOf('path: HKLM\\X, name: a, type: String, value: { secret: ‸hunter2 }'),
    'registry[0].value.secret',
    'secret.literal',
  ],
  [UPDATES, 'registry: [‸{ path: HKLM\\X, name: a, value: 1 }]', 'registry[0]', 'registry.value'],
  [UPDATES, registryOf('path: HKLM\\X, name: a, ‸type: DWord, absent: true'), 'registry[0].type', 'registry.value'],
  [
    UPDATES,
    'registry: [{ path: HKLM\\X\\Y, absent: true }, { path: ‸hkey_local_machine\\x\\y\\, absent: true }]',
    'registry[1].path',
    'registry.duplicate',
  ],
  [UPDATES, 'certificates: [{ file: a.pem, store: ‸My }]', 'certificates[0].store', 'image.value'],
  [UPDATES, 'time: { ntp: ‸[] }', 'time.ntp', 'image.value'],
  [UPDATES, "time: { ntp: [‸'time.example.com,0x8'] }", 'time.ntp[0]', 'time.server'],
  [UPDATES, 'time: { ntp: [‸10.0.0.300] }', 'time.ntp[0]', 'time.server'],
  [UPDATES, 'time: { ntp: [10.0.0.3], pollInterval: ‸10s }', 'time.pollInterval', 'time.poll-interval'],
  [UPDATES, 'pageFile: ‸4GB', 'pageFile', 'image.value'],
  [UPDATES, 'pageFile: ‸16MiB', 'pageFile', 'page-file.size'],
  [UPDATES, 'pageFile: ‸50GiB', 'pageFile', 'page-file.size'],
  [UPDATES, 'memoryDump: ‸full', 'memoryDump', 'image.value'],
  [UPDATES, 'defender: { exclusions: { paths: [‸app\\data] } }', 'defender.exclusions.paths[0]', 'defender.exclusion'],
  [UPDATES, "defender: { exclusions: { paths: [‸'C:\\*'] } }", 'defender.exclusions.paths[0]', 'defender.exclusion'],
  [
    UPDATES,
    'defender: { exclusions: { processes: [‸dockerd] } }',
    'defender.exclusions.processes[0]',
    'defender.exclusion',
  ],
  [UPDATES, 'cleanup: { componentStore: ‸all }', 'cleanup.componentStore', 'image.value'],
];
