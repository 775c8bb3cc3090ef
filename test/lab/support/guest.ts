import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunningLab } from '../../../lab/client.ts';
import { type AnswerParts, autounattend } from './answer.ts';
import { type Files, makeDisc, makeToolsDisc, makeWindowsDisc, type WindowsDiscOptions } from './media.ts';
import { morefOf, SoapSession } from './soap.ts';
import { collect, govc } from './tools.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 15_000;

export interface VmOptions {
  readonly name?: string;
  readonly folder: string;
  readonly answer?: Partial<AnswerParts> | string | undefined;
  readonly windows?: WindowsDiscOptions;
  readonly toolsVersion?: string;
  readonly firmware?: 'efi' | 'bios';
  readonly disc?: Files;
  readonly port?: number;
  /** Where the CD drives hang; IDE if it is not given. */
  readonly controller?: 'sata';
}

/** The files of an answer disc that the guest takes. */
export async function answerDiscFiles(
  lab: RunningLab,
  options: Pick<VmOptions, 'answer' | 'port'> = {},
): Promise<Record<string, string>> {
  const key = (await readFile(lab.env.INGOT_VAR_public_key ?? '', 'utf8')).trim();
  return {
    'Autounattend.xml': typeof options.answer === 'string' ? options.answer : autounattend(options.answer),
    'bootstrap.ps1': 'Write-Output bootstrap\r\n',
    'common.ps1': '# common\r\n',
    'bootstrap.json': JSON.stringify({
      build: 'build-1',
      authorizedKeys: [key],
      openssh: { sources: ['capability'], port: options.port ?? Number(lab.env.INGOT_VAR_ssh_port) },
    }),
  };
}

const uploads = new WeakMap<RunningLab, Map<string, Promise<string>>>();

/** The datastore path of a disc, made and uploaded once a lab. */
function uploaded(lab: RunningLab, name: string, make: (disc: string) => Promise<string>): Promise<string> {
  const known = uploads.get(lab) ?? new Map<string, Promise<string>>();
  uploads.set(lab, known);
  const disc = name.replace(/[^\w.-]+/g, '-');
  const path =
    known.get(disc) ??
    make(disc)
      .then((file) => govc(lab.env, 'datastore.upload', file, `${disc}.iso`))
      .then(() => `${disc}.iso`);
  known.set(disc, path);
  return path;
}

/** Creates a VM with govc, as foreign a client as any: Windows, Tools and answer disc in three drives. Returns its path. */
export async function createVm(lab: RunningLab, options: VmOptions): Promise<string> {
  const name = options.name ?? 'win';
  const { env } = lab;
  const answer = options.disc ?? (await answerDiscFiles(lab, options));
  const windows = options.windows ?? {};
  const version = options.toolsVersion ?? '12.3.5.22544099';
  const discs = [
    await uploaded(lab, `windows-${JSON.stringify(windows)}`, (disc) => makeWindowsDisc(options.folder, disc, windows)),
    await uploaded(lab, `tools-${version}`, (disc) => makeToolsDisc(options.folder, disc, version)),
    await uploaded(lab, `${name}-answer`, (disc) => makeDisc(options.folder, disc, 'INGOT', answer)),
  ];
  await govc(
    env,
    'vm.create',
    '-on=false',
    '-g',
    'windows9Server64Guest',
    '-firmware',
    options.firmware ?? 'efi',
    '-c',
    '2',
    '-m',
    '4096',
    '-disk',
    '60G',
    '-disk.controller',
    'pvscsi',
    '-net',
    'VM Network',
    '-net.adapter',
    'vmxnet3',
    name,
  );
  if (options.controller === 'sata') await insertSata(lab, `/DC0/vm/${name}`, discs);
  else for (const disc of discs) await insertIde(lab, name, disc);
  return `/DC0/vm/${name}`;
}

async function insertIde({ env }: RunningLab, vm: string, disc: string): Promise<void> {
  const drive = (await govc(env, 'device.cdrom.add', '-vm', vm)).trim();
  await govc(env, 'device.cdrom.insert', '-vm', vm, '-device', drive, disc);
}

/** Adds an AHCI controller with the discs on it, which this govc can't. */
async function insertSata(lab: RunningLab, vm: string, discs: readonly string[]): Promise<void> {
  const soap = await SoapSession.open(lab);
  const add = (device: string) => `<deviceChange><operation>add</operation>${device}</deviceChange>`;
  const connectable = ['startConnected', 'allowGuestControl', 'connected'].map((name) => `<${name}>true</${name}>`);
  const drives = discs.map((disc, unit) =>
    add(
      `<device xsi:type="VirtualCdrom"><key>${-2 - unit}</key><backing xsi:type="VirtualCdromIsoBackingInfo"><fileName>[LocalDS_0] ${disc}</fileName></backing><connectable>${connectable.join('')}</connectable><controllerKey>-1</controllerKey><unitNumber>${unit}</unitNumber></device>`,
    ),
  );
  const ahci = add('<device xsi:type="VirtualAHCIController"><key>-1</key><busNumber>0</busNumber></device>');
  const info = await soap.task('ReconfigVM_Task', await morefOf(soap, vm), `<spec>${ahci}${drives.join('')}</spec>`);
  if (!info.includes('<state>success')) throw new Error(info);
}

/** Waits for a property of the VM to satisfy a condition, and returns its value. */
export async function until(
  lab: RunningLab,
  vm: string,
  property: string,
  holds: (value: string) => boolean,
  seconds = 30,
): Promise<string> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await collect(lab.env, vm, property);
    if (holds(value)) return value;
    if (Date.now() > deadline) {
      throw new Error(`${property} of ${vm} is ${value || '(empty)'}; ${JSON.stringify(await lab.guests())}`);
    }
  }
}

/** Waits until the console of some guest shows what is looked for. */
export async function untilScreen(lab: RunningLab, text: RegExp, seconds = 20): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const guests = await lab.guests();
    if (guests.some((guest) => text.test(guest.screen))) return;
    if (Date.now() > deadline) throw new Error(`no console shows ${text}: ${JSON.stringify(guests)}`);
  }
}

/** What the guest published under a guestinfo name, parsed. */
export async function guestinfo(
  lab: RunningLab,
  vm: string,
  name: string,
): Promise<Record<string, unknown> | undefined> {
  const json = JSON.parse(await govc(lab.env, 'object.collect', '-json', vm, 'config.extraConfig'));
  const options: { key: string; value: string }[] = json.flatMap(
    (change: { val: { _value: [] } }) => change.val._value,
  );
  const value = options.find((option) => option.key === `guestinfo.ingot.${name}`)?.value;
  return value === undefined ? undefined : JSON.parse(value);
}

/** Powers on and waits until the bootstrap is ready. Returns the VM's address. */
export async function install(lab: RunningLab, vm: string): Promise<string> {
  await govc(lab.env, 'vm.power', '-on', vm);
  return until(lab, vm, 'guest.ipAddress', (value) => value !== '');
}

/** How OpenSSH's own client is called for a guest, with its host key pinned to what the guest published. */
export async function sshOptions(lab: RunningLab, vm: string, address: string, folder: string): Promise<string[]> {
  const report = await guestinfo(lab, vm, 'bootstrap');
  const known = join(folder, `known-${address}`);
  const keys = Array.isArray(report?.hostKeys) ? report.hostKeys : [];
  await writeFile(known, keys.map((key) => `[${address}]:${lab.env.INGOT_VAR_ssh_port} ${key}\n`).join(''));
  const options = {
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: known,
    IdentitiesOnly: 'yes',
    BatchMode: 'yes',
    LogLevel: 'ERROR',
  };
  return [
    '-F',
    'none',
    '-i',
    lab.env.INGOT_SSH_PRIVATE_KEY_FILE ?? '',
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

export interface Session {
  readonly lab: RunningLab;
  readonly address: string;
  readonly options: readonly string[];
  readonly folder: string;
}

/** Runs a command with OpenSSH's ssh. */
export async function ssh(
  session: Session,
  command: string,
  input = '',
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(
    'ssh',
    [...session.options, '-p', session.lab.env.INGOT_VAR_ssh_port ?? '', `Administrator@${session.address}`, command],
    { timeout: TIMEOUT_MS },
  );
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, out, err };
}

/** Runs a batch of OpenSSH's sftp. */
export async function sftp(session: Session, batch: string): Promise<string> {
  const file = join(session.folder, `batch-${Math.random()}`);
  await writeFile(file, batch);
  const { stdout } = await run(
    'sftp',
    [
      ...session.options,
      '-P',
      session.lab.env.INGOT_VAR_ssh_port ?? '',
      '-b',
      file,
      `Administrator@${session.address}`,
    ],
    { timeout: TIMEOUT_MS },
  );
  return stdout;
}

/** Uploads scripts the way the contract says. */
export async function upload(session: Session, scripts: Files): Promise<void> {
  const lines = ['-mkdir /C:/ProgramData/ingot', '-mkdir /C:/ProgramData/ingot/scripts'];
  for (const [name, content] of Object.entries(scripts)) {
    const file = join(session.folder, name);
    await writeFile(file, content);
    lines.push(`put ${file} /C:/ProgramData/ingot/scripts/${name}`);
  }
  await sftp(session, lines.join('\n'));
}

/** Runs a script of the contract; returns its exit code and its result or error line. */
export async function script(
  session: Session,
  name: string,
  parameters: unknown,
  test = false,
): Promise<{ code: number | null; result?: Record<string, unknown>; error?: Record<string, unknown>; out: string }> {
  const input = `${Buffer.from(JSON.stringify(parameters)).toString('base64')}\n`;
  const { code, out } = await ssh(
    session,
    `powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File C:\\ProgramData\\ingot\\scripts\\${name}${test ? ' -Test' : ''}`,
    input,
  );
  const find = (marker: string) => {
    const line = out.split(/\r?\n/).find((candidate) => candidate.startsWith(`##ingot:${marker} `));
    return line === undefined ? undefined : JSON.parse(line.slice(`##ingot:${marker} `.length));
  };
  return { code, result: find('result'), error: find('error'), out };
}

/** The content of a file in the guest, read with OpenSSH's sftp. */
export async function readGuestFile(session: Session, path: string): Promise<string> {
  const target = join(session.folder, `read-${Math.random()}`);
  await sftp(session, `get ${path} ${target}`);
  return readFile(target, 'utf8');
}
