/** OperationResultCode of the Windows Update Agent (sdk-api, wuapi.h). */
const RESULTS: Readonly<Record<number, string>> = {
  0: 'not started',
  1: 'in progress',
  2: 'succeeded',
  3: 'succeeded with errors',
  4: 'failed',
  5: 'aborted',
};

/** What a code of Windows Update, or of servicing behind it, means and what to do about it. */
export interface UpdateCode {
  readonly meaning: string;
  readonly remedy: string;
  /** A restart of Windows mends it, or may: it is tried once. */
  readonly restart?: boolean;
}

const NETWORK =
  'check DNS, gateway and firewall of the build network, and the proxy of WinHTTP (`netsh winhttp set proxy` in a step of your own before windows-updates)';
const SERVICING = 'look for the failed component in C:\\Windows\\Logs\\CBS\\CBS.log';

/**
 * Codes as the Windows Update Agent reports them. Sources: Microsoft's lists “Windows Update error reference” and
 * “Common Windows Update errors”, the SDK's reference of wuapi, and what ansible.windows and rgl's updater handle.
 */
const CODES: Readonly<Record<string, UpdateCode>> = {
  '0x80070005': {
    meaning: 'access denied',
    remedy:
      'Windows Update refuses network logons: it has to run as SYSTEM, which the job does; look for a policy that restricts it',
  },
  '0x80070422': {
    meaning: 'the service wuauserv cannot be started',
    remedy: 'let a step of your own set the services wuauserv and bits to Manual; look for a policy that disables them',
  },
  '0x80070643': {
    meaning: 'the installer of the update failed',
    remedy: `${SERVICING}; KB5034439 fails on Windows Server 2022 without a large enough recovery partition: exclude it`,
  },
  '0x8007045B': { meaning: 'a shutdown is in progress', remedy: 'build again once Windows is up', restart: true },
  '0x80072EE2': { meaning: 'the connection timed out', remedy: NETWORK },
  '0x80072EFD': { meaning: 'the server could not be connected to', remedy: NETWORK },
  '0x80072EFE': { meaning: 'the connection was cut', remedy: NETWORK },
  '0x80072F8F': {
    meaning: 'TLS failed',
    remedy:
      'check the clock of Windows and whether a proxy replaces certificates: its CA has to be among the trusted roots',
  },
  '0x80240016': {
    meaning: 'another installation is at work, or a restart is due',
    remedy: 'build again: what is due is done at the restart',
    restart: true,
  },
  '0x80240017': { meaning: 'the update is not applicable', remedy: 'exclude it in `updates.exclude`' },
  '0x8024001E': { meaning: 'the service was stopping', remedy: 'build again once Windows is up', restart: true },
  '0x8024001B': { meaning: 'the agent is updating itself', remedy: 'build again', restart: true },
  '0x80240022': { meaning: 'all updates failed', remedy: 'look at the code of each' },
  '0x80240024': {
    meaning: 'there was no update to install',
    remedy: 'build again; report it if it stays: an empty list is not asked for',
  },
  '0x80240041': {
    meaning: 'the agent does not work while Sysprep runs',
    remedy: 'build again: the step belongs before Sysprep',
  },
  '0x8024004A': {
    meaning: 'the agent does not work while Windows Setup runs',
    remedy: 'build again once Windows Setup is over',
  },
  '0x80240438': { meaning: 'there is no way to the update service', remedy: NETWORK },
  '0x80244019': { meaning: 'the server answered 404', remedy: 'check the URL in `updates.source.wsus`' },
  '0x8024401B': {
    meaning: 'the proxy asks for a login (HTTP 407)',
    remedy: 'let the build network through the proxy without a login: SYSTEM has none',
  },
  '0x80244022': {
    meaning: 'the server is overloaded (HTTP 503)',
    remedy: 'build again later; with WSUS, look at the memory limit of its application pool',
  },
  '0x8024402C': {
    meaning: 'the name of the server or proxy could not be resolved',
    remedy: `${NETWORK}; with WSUS also the URL in \`updates.source.wsus\``,
  },
  '0x8024500C': {
    meaning: 'a policy forbids that source',
    remedy: 'look for the policy “Do not connect to any Windows Update Internet locations”',
  },
  '0x80248007': {
    meaning: 'what was found is not in the data store',
    remedy: 'build again: the data store has been set aside and is made anew',
    restart: true,
  },
  '0x8024200B': { meaning: 'the installer of the update failed', remedy: SERVICING },
  '0x8024002E': {
    meaning: 'a policy forbids access to the update service',
    remedy: 'look for policies of Windows Update in the image',
  },
  '0x8002802B': {
    meaning: 'the metadata of an update cannot be read',
    remedy: 'set the data store aside (stop wuauserv, rename C:\\Windows\\SoftwareDistribution) in a step of your own',
    restart: true,
  },
  '0x800F0821': { meaning: 'servicing ran out of time', remedy: 'give the VM more CPUs and memory' },
  '0x800F0920': { meaning: 'servicing ran out of time', remedy: 'give the VM more CPUs and memory' },
  '0x800F0922': {
    meaning: 'an advanced installer failed, and the update is rolled back at boot',
    remedy: `${SERVICING}; a broken scheduled task or a full system partition are known causes`,
  },
  '0x800F081F': {
    meaning: 'the component store is damaged',
    remedy: 'run DISM /Online /Cleanup-Image /RestoreHealth in a step of your own before windows-updates',
  },
  '0x800F081E': {
    meaning: 'the package is not applicable to this Windows',
    remedy: 'check version and architecture; Windows Server 2019 wants the servicing stack KB5005112 first',
  },
  '0x80073712': {
    meaning: 'a file of the component store is missing',
    remedy:
      'run DISM /Online /Cleanup-Image /RestoreHealth in a step of your own; Windows Server 2025 wants the checkpoint update before later ones',
  },
};

/** The code in the form in which the table has it; numbers are signed or unsigned 32-bit. */
export function codeText(code: string | number): string {
  const value = typeof code === 'number' ? code >>> 0 : Number.parseInt(code, 16);
  return `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;
}

/** What is known of a code; undefined for one that is not in the table. */
export function explain(code: string | number): UpdateCode | undefined {
  return CODES[codeText(code)];
}

/** `failed, 0x80070643 (the installer of the update failed)`: for evidence. */
export function inWords(resultCode: number, hresult: string | number): string {
  const code = codeText(hresult);
  const result = RESULTS[resultCode] ?? `result ${resultCode}`;
  if (code === '0x00000000') return result;
  const known = CODES[code];
  return known === undefined ? `${result}, ${code}` : `${result}, ${code} (${known.meaning})`;
}

/** All codes of the table: for docs/updates.md, which a test compares. */
export const updateCodes: ReadonlyMap<string, UpdateCode> = new Map(Object.entries(CODES));
