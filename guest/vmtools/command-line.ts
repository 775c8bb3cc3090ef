/** Programs by their full paths: guest operations search none. */
export const programs = {
  cmd: 'C:\\Windows\\System32\\cmd.exe',
  icacls: 'C:\\Windows\\System32\\icacls.exe',
  taskkill: 'C:\\Windows\\System32\\taskkill.exe',
} as const;

const POWERSHELL = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe';
/** Where VMware Tools lie unless their installer was told otherwise, which the bootstrap does not. */
const VMTOOLSD = 'C:\\Program Files\\VMware\\VMware Tools\\vmtoolsd.exe';

/** Below it each run of a script has a folder of its own; for Administrators and SYSTEM only, as all of ingot's folder. */
export const INGOT_FOLDER = 'C:\\ProgramData\\ingot';
export const RUN_FOLDER = `${INGOT_FOLDER}\\run`;

/** The files of one run. */
export function runFiles(id: string) {
  const folder = `${RUN_FOLDER}\\${id}`;
  return {
    folder,
    input: `${folder}\\in`,
    output: `${folder}\\out`,
    errors: `${folder}\\err`,
    exit: `${folder}\\exit`,
  };
}

/**
 * Arguments of cmd.exe that run a script of the contract between files, for there is no standard input or output. Then,
 * whatever became of the script: its exit code goes to a file and, so that nobody has to ask for it, to
 * `guestinfo.ingot.exec`; the parameters, which may hold secrets, are deleted; and cmd.exe ends with the same code.
 *
 * `/s` makes cmd.exe take off the first and the last quote of what follows `/c` and no other; `/v:on` lets `!code!` stand
 * for the value at that moment, where `%errorlevel%` would be the one before all of it; `/d` ignores AutoRun. Before
 * `& ` stands no space that would become part of a value, and no digit before `>`. The line names no parameter: every
 * process list shows it.
 */
export function scriptArguments(id: string, command: string): string {
  const { input, output, errors, exit } = runFiles(id);
  const script = command.replace(/^powershell\.exe(?= )/, () => POWERSHELL);
  const steps = [
    `${script} < ${input} > ${output} 2> ${errors}`,
    'set code=!errorlevel!',
    `del /f /q ${input}`,
    `> ${exit} echo !code!`,
    `"${VMTOOLSD}" --cmd "info-set guestinfo.ingot.exec ${id} !code!"`,
    'exit !code!',
  ];
  return `/d /v:on /s /c "${steps.join('& ')}"`;
}

/** Arguments of icacls.exe that leave a folder, and what will lie in it, to Administrators and SYSTEM, by their SIDs. */
export function privateArguments(folder: string): string {
  return `${folder} /inheritance:r /grant *S-1-5-32-544:(OI)(CI)F /grant *S-1-5-18:(OI)(CI)F`;
}

/** Arguments of taskkill.exe that end a process with all that it started: cmd.exe ends without its script otherwise. */
export function killArguments(pid: number): string {
  return `/t /f /pid ${pid}`;
}

/** The exit code that `guestinfo.ingot.exec` tells of a run; undefined when it speaks of another one. */
export function exitTold(value: string | undefined, id: string): { readonly code: number } | undefined {
  const [, run, code] = /^([0-9a-f]+) (-?\d+)\s*$/.exec(value ?? '') ?? [];
  return run === id && code !== undefined ? { code: exitCodeOf(Number(code)) } : undefined;
}

/** cmd.exe and vCenter give exit codes as signed numbers, SSH and Windows' documentation as unsigned ones. */
export function exitCodeOf(signed: number): number {
  return signed >>> 0;
}
