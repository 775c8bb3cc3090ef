import type { KnownFailure, KnownFailures } from './known-failures.ts';

const SOURCE =
  'name in `features.source` where Windows finds them (sources\\sxs or the install.wim of the medium, a folder of features on demand), or let it reach Windows Update';
const CBS_LOG = 'look at C:\\Windows\\Logs\\CBS\\CBS.log in the VM';

/**
 * Codes of Component Based Servicing, as lib-servicing.ps1 tells them, in words. Sources: Microsoft's support articles
 * “Common Windows Update errors”, “Error 0x800f0922”, “Error 0x800F0906 or 0x800F081F” (.NET Framework 3.5), and the issues
 * windowsserverdocs #2074 and #2928 for features on demand. None was seen on a Windows of our own.
 */
const TABLE: readonly (readonly [hresult: string, code: string, found: string, remedy: string, retryable?: true])[] = [
  ['0x800f081f', 'payload-removed', 'that their payload is not on its disk', SOURCE],
  ['0x800f0906', 'payload-download', 'that their payload could not be downloaded', SOURCE],
  ['0x800f0907', 'payload-download', 'that a policy keeps Windows from downloading their payload', SOURCE],
  ['0x800f0950', 'payload-download', 'that this build of Windows finds no payload online', SOURCE],
  [
    '0x800f0954',
    'wsus',
    'that WSUS, which Windows asks, does not have their payload',
    `${SOURCE}; or allow features on demand from Windows Update by policy (RepairContentServerSource 2)`,
  ],
  ['0x8024002e', 'wsus', 'that a policy closes Windows Update', SOURCE],
  ['0x800f080c', 'unknown', 'that this Windows does not know one of the names', 'correct the name'],
  [
    '0x800f0806',
    'pending-reboot',
    'that servicing still waits for a restart',
    'build again; if it stays so, an update rolls back at each boot: look at CBS.log',
  ],
  [
    '0x800f0922',
    'rolled-back',
    'that an installer inside Windows failed and all was rolled back',
    `${CBS_LOG} for “advanced installer”; a broken scheduled task or a full system partition are known causes`,
  ],
  [
    '0x800f0831',
    'store-corrupt',
    'that the component store misses a package',
    `${CBS_LOG}; DISM /RestoreHealth mends it`,
  ],
  ['0x80073712', 'store-corrupt', 'that the component store is damaged', `${CBS_LOG}; DISM /RestoreHealth mends it`],
  ['0x800f0821', 'too-slow', 'that the watchdog of servicing ended it', 'give the VM more CPUs and memory'],
  ['0x800f0920', 'too-slow', 'that the watchdog of servicing ended it', 'give the VM more CPUs and memory'],
  [
    '0x80070005',
    'access-denied',
    'access denied',
    'servicing refuses network logons: see in the log whether it ran as SYSTEM, and look for a policy or endpoint protection',
  ],
  ['0x80070070', 'disk-full', 'that the disk is full', 'raise `hardware.disk`, or set `cleanup.componentStore: none`'],
  ['0x8007045b', 'shutting-down', 'that Windows shuts down', 'build again', true],
  ['0x80072ee2', 'network', 'that Windows Update did not answer in time', 'look at network and proxy of the VM', true],
  [
    '0x80072efe',
    'network',
    'that the connection to Windows Update was cut',
    'look at network and proxy of the VM',
    true,
  ],
  ['0x80072efd', 'network', 'that Windows Update cannot be reached', 'look at network and proxy of the VM', true],
  [
    '0x8024402c',
    'network',
    'that the name of Windows Update or its proxy is not resolved',
    'look at the DNS of the VM',
  ],
];

/** The table for one step: `features.payload-removed` and so on. */
export function servicingFailures(step: string, expected: string): KnownFailures {
  const entries = TABLE.map(([hresult, code, found, remedy, retryable = false]): [string, KnownFailure] => [
    `servicing.${hresult}`,
    { code: `${step}.${code}`, message: `expected ${expected}, found ${found} (${hresult})`, remedy, retryable },
  ]);
  const busy: KnownFailure = {
    code: `${step}.busy`,
    message: `expected ${expected}, found servicing busy with something else all the time`,
    remedy: `${CBS_LOG} for what it does; updates that install by themselves are turned off during windows-updates only`,
  };
  return Object.fromEntries([...entries, ['servicing.busy', busy]]);
}
