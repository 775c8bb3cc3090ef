import { setTimeout as delay } from 'node:timers/promises';
import type { LabContext } from '../context.ts';
import type { Disc } from '../disc/disc.ts';
import type { CloneFault } from '../scenario.ts';
import { makeSshKey } from '../ssh-keys.ts';
import type { Moref } from '../vcsim/soap.ts';
import { nextBootTime } from './boot-clock.ts';
import { chooseBootDevice } from './boot-device.ts';
import { correctedSeconds, installTools, readyReport, startBootstrap } from './bootstrap.ts';
import { GuestConsole } from './console.ts';
import { customize } from './customization.ts';
import { openDiscs } from './discs.ts';
import { spoilServices, startOobe, startSpecialize } from './first-start.ts';
import { type Hardware, readHardware } from './hardware.ts';
import { firstLogonCommands, keepAnswerFile, oobe, specialize } from './oobe.ts';
import { chooseOpenSsh, installOpenSsh } from './openssh-setup.ts';
import { makeIngotFolder } from './own-folder.ts';
import { HOST_KEY_FILE, SSHD_CONFIG_FILE } from './paths.ts';
import { Publisher } from './publisher.ts';
import { startUp } from './servicing.ts';
import { planSetup, type SetupPlan } from './setup.ts';
import { SetupStop, WORDS } from './setup-stop.ts';
import type { Sshd } from './sshd.ts';
import { runSysprepTask, type SysprepParameters } from './sysprep-task.ts';
import { Tasks } from './tasks.ts';
import { toolsReport } from './tools-report.ts';
import { ToolsService } from './tools-service.ts';
import type { VmwareLog } from './vmware-log.ts';
import { type Disk, freshWindows, type Windows } from './windows.ts';

/** Windows Setup of a demonstration, a message each. */
const SETUP_STAGES = [
  'Copying Windows files',
  'Getting files ready for installation',
  'Installing features',
  'Installing updates',
  'Finishing up',
];
const DEMO_STAGE_MS = 700;
const LINK_LOCAL = '169.254.17.23';
/** An address of documentation (RFC 5737): nothing answers there. */
const UNREACHABLE = '192.0.2.17';
const BOOTSTRAP = 'guestinfo.ingot.bootstrap';

/** One VM's guest from power-on to power-off. */
export class Guest {
  readonly #lab: LabContext;
  readonly #vm: Moref;
  readonly #disk: Disk;
  readonly #publisher: Publisher;
  readonly #stopped = new AbortController();
  readonly #onPowerOff: () => Promise<void>;
  readonly #console = new GuestConsole();
  readonly #log: VmwareLog | undefined;
  #hardware: Hardware | undefined;
  #discs: Disc[] = [];
  /** One for each network card. */
  #sshds: Sshd[] = [];
  #bootTime = nextBootTime();
  #tasks = new Tasks();
  #toolsAreUp = false;
  #tools: ToolsService | undefined;

  constructor(lab: LabContext, vm: Moref, disk: Disk, log: VmwareLog | undefined, onPowerOff: () => Promise<void>) {
    this.#lab = lab;
    this.#vm = vm;
    this.#disk = disk;
    this.#log = log;
    this.#onPowerOff = onPowerOff;
    this.#publisher = new Publisher(lab.vcsim, vm);
  }

  /** What stands on the console. */
  get screen(): string {
    return this.#console.screen;
  }

  /** Where the guest stands, for `guests` of the lab's control. */
  get windows(): Windows | undefined {
    return this.#disk.windows;
  }

  get toolsRunning(): boolean {
    return this.#toolsAreUp;
  }

  /** What answers guest operations; undefined while VMware Tools do not run. */
  get tools(): ToolsService | undefined {
    return this.#tools;
  }

  /** Discs that the running Windows holds, by the device key of their drive. */
  get heldCdroms(): ReadonlyMap<number, string> {
    const held = new Map<number, string>();
    for (const { key, file, startConnected } of this.#hardware?.cdroms ?? []) {
      if (file !== undefined && startConnected) held.set(key, file);
    }
    return held;
  }

  /** Files of the datastore that the VM has open. */
  get openFiles(): readonly string[] {
    const log = this.#log === undefined ? [] : [this.#log.file];
    return [...this.heldCdroms.values(), ...log];
  }

  /** Power on: runs until Windows is up, or waits for ever at a dialog. Errors are the lab's own and only logged. */
  start(): void {
    this.#run(() => this.#boot());
  }

  /** The power is cut. */
  async powerOff(): Promise<void> {
    await this.#stop();
    await this.#publisher.poweredOff(false);
  }

  /** The VM is gone: nothing is told any more. */
  async vanish(): Promise<void> {
    await this.#stop();
  }

  /** Windows shuts down by itself: at a client's request, or at the end of the Sysprep task. */
  shutDown(): void {
    if (this.#lab.scenario.scenario.power?.neverOff) return;
    this.#run(async () => {
      await this.#stop();
      await this.#publisher.poweredOff(true);
      await this.#onPowerOff();
    });
  }

  /** Windows restarts. */
  restart(): void {
    this.#run(async () => {
      this.#stopServices();
      await this.#publisher.toolsStopped();
      await this.#log?.guestReset();
      this.#bootTime = nextBootTime();
      await this.#boot();
    });
  }

  /** The VM's devices changed while it runs. */
  async hardwareChanged(): Promise<void> {
    if (this.#hardware !== undefined) this.#hardware = await readHardware(this.#lab.vcsim, this.#vm);
  }

  /** A key was pressed on the console. */
  pressKey(): void {
    this.#console.pressKey();
  }

  #run(what: () => Promise<void>): void {
    what().catch((error: unknown) => {
      if (this.#stopped.signal.aborted) return;
      if (error instanceof SetupStop) {
        this.#console.screen = error.message;
        this.#lab.log(`guest ${this.#vm.value}: waits at: ${error.message}`);
      } else {
        this.#lab.log(
          `guest ${this.#vm.value}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      }
    });
  }

  async #stop(): Promise<void> {
    this.#stopped.abort();
    this.#stopServices();
    await this.#closeDiscs();
  }

  #stopServices(): void {
    this.#tasks.end();
    this.#tasks = new Tasks();
    this.#toolsAreUp = false;
    this.#tools?.end();
    this.#tools = undefined;
    for (const sshd of this.#sshds) sshd.stop();
    this.#sshds = [];
  }

  async #closeDiscs(): Promise<void> {
    const discs = this.#discs;
    this.#discs = [];
    await Promise.all(discs.map((disc) => disc.close()));
  }

  async #boot(): Promise<void> {
    const hardware = await readHardware(this.#lab.vcsim, this.#vm);
    this.#hardware = hardware;
    await this.#closeDiscs();
    const discs = await openDiscs(this.#lab.datastores, hardware);
    this.#discs = discs.map(({ disc }) => disc);
    const device = await chooseBootDevice({
      lab: this.#lab,
      hardware,
      discs,
      diskBoots: this.#disk.boots,
      console: this.#console,
      log: this.#log,
      signal: this.#stopped.signal,
    });
    if (device === 'disk') return this.#bootDisk();
    this.#console.screen = 'Windows is loading files...';
    const plan = await planSetup(hardware, this.#discs, device);
    const stuck = this.#lab.scenario.scenario.setup?.stuckAt;
    if (stuck !== undefined) throw new SetupStop(stuck);
    await this.#install(plan);
  }

  async #bootDisk(): Promise<void> {
    // Setup goes on by itself after its restart; any other restart in its middle is the end of it.
    if (this.#disk.setupRunning || this.#disk.windows === undefined) throw new SetupStop(WORDS.restarted);
    await this.#bootWindows(this.#disk.windows);
  }

  async #install(plan: SetupPlan): Promise<void> {
    const windows = freshWindows(plan.image);
    this.#disk.windows = undefined;
    for (const stage of SETUP_STAGES) await this.#stage(`Installing Windows: ${stage}`);
    this.#disk.setupRunning = true;
    await this.#log?.guestReset();
    if (this.#hardware?.firmware === 'efi') await this.#log?.efiBoot('Windows Boot Manager');
    specialize(windows, plan.answer);
    await this.#stage('Getting devices ready');
    oobe(windows, plan.answer);
    keepAnswerFile(windows, plan.answer);
    this.#disk.setupRunning = false;
    this.#disk.windows = windows;
    const parameters = await startBootstrap(firstLogonCommands(windows, plan.answer), this.#discs);
    this.#console.screen = 'Administrator: Windows PowerShell\nbootstrap.ps1';
    makeIngotFolder(windows);
    const state = this.#lab.scenario;
    if (!(await installTools(windows, this.#discs, state))) {
      throw new SetupStop('bootstrap.ps1 : No disc with setup64.exe of VMware Tools was found.');
    }
    if (windows.services.get('VMTools')?.status === 'Stopped')
      throw new SetupStop('bootstrap.ps1 : VMTools is not running.');
    const say = (report: Record<string, unknown>) => JSON.stringify({ ...report, build: parameters.build });
    if (this.#lab.speed === 'demo') {
      await this.#publisher.publish(
        { [BOOTSTRAP]: say({ state: 'running', done: 1, total: 4, message: 'VMware Tools are installed' }) },
        this.#report(windows, []),
      );
      await this.#stage('Installing OpenSSH Server');
      await this.#publisher.publish({
        [BOOTSTRAP]: say({ state: 'running', done: 2, total: 4, message: 'Installing OpenSSH Server' }),
      });
    }
    const { evidence, fails } = state.scenario.bootstrap ?? {};
    const seconds = correctedSeconds(parameters, state);
    const outcome = await chooseOpenSsh(parameters, this.#discs, state, seconds);
    const failed = fails !== undefined ? { message: fails, evidence: evidence ?? [] } : 'code' in outcome && outcome;
    if (failed) {
      this.#console.screen = `bootstrap.ps1 : ${failed.message}`;
      await this.#publisher.publish({ [BOOTSTRAP]: say({ state: 'failed', ...failed }) }, this.#report(windows, []));
      return;
    }
    installOpenSsh(windows, parameters, state);
    await this.#stage('Setting the keys of the Administrator');
    const hostKey = await this.#startSshd(windows);
    const published = state.scenario.ssh?.hostKey === 'differs' ? makeSshKey('').publicKey : hostKey;
    const ready = readyReport(windows, { published, outcome, seconds, bootTime: this.#bootTime });
    await this.#networkUp(windows, { [BOOTSTRAP]: say(ready) });
    this.#console.screen = 'Administrator: C:\\Windows\\system32\\cmd.exe';
  }

  /** Windows boots from its disk; after Sysprep through OOBE first. */
  async #bootWindows(windows: Windows): Promise<void> {
    this.#console.screen = 'Getting devices ready';
    const clone = this.#lab.scenario.scenario.clone;
    const first = windows.imageState === 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE';
    if (first) await this.#firstStart(windows, clone);
    startUp(windows);
    if (first) spoilServices(windows, clone);
    this.#console.screen = 'Press Ctrl+Alt+Delete to unlock.';
    if (windows.services.get('sshd')?.status === 'Running') await this.#startSshd(windows);
    if (windows.services.get('VMTools')?.status === 'Running') await this.#networkUp(windows, {});
    if (await customize(this.#disk, windows, this.#publisher, this.#lab.scenario)) this.restart();
  }

  /** Specialize and OOBE of a sealed disk. While a page of OOBE waits, the services run already. */
  async #firstStart(windows: Windows, fault: CloneFault | undefined): Promise<void> {
    this.#disk.setupRunning = true;
    const answer = startSpecialize(windows, fault);
    try {
      startOobe(windows, answer, fault);
    } catch (error) {
      if (windows.services.get('VMTools')?.startType === 'Automatic') await this.#networkUp(windows, {});
      throw error;
    }
    this.#disk.setupRunning = false;
  }

  /** Starts sshd on every network card; makes host keys if there are none, as `ssh-keygen -A` does. Returns the public key. */
  async #startSshd(windows: Windows): Promise<string> {
    if (windows.files.read(HOST_KEY_FILE) === undefined) {
      const made = makeSshKey(`system@${windows.computerName}`);
      windows.files.write(HOST_KEY_FILE, made.privateKey, { acl: 'O:SYG:SYD:PAI(A;;FA;;;SY)(A;;FA;;;BA)' });
      windows.files.write(`${HOST_KEY_FILE}.pub`, made.publicKey);
      windows.lastHostKey = made;
    }
    const config = windows.files.read(SSHD_CONFIG_FILE)?.toString('latin1') ?? '';
    windows.sshdConfig = config;
    const { Sshd } = await import('./sshd.ts');
    this.#stopped.signal.throwIfAborted();
    for (const nic of this.#hardware?.nics ?? []) {
      if (!nic.connected) continue;
      const sshd = new Sshd({
        address: this.#lab.network.addressOf(nic.mac),
        port: Number(/^Port (\d+)/m.exec(config)?.[1] ?? 22),
        hostKey: windows.files.read(HOST_KEY_FILE)?.toString('latin1') ?? '',
        refusesKey: this.#lab.scenario.scenario.ssh?.refusesKey ?? false,
        host: this.#execHost(windows),
        log: this.#lab.log,
      });
      if (this.#lab.scenario.scenario.network?.unreachable) continue;
      if (await sshd.start()) this.#sshds.push(sshd);
    }
    return windows.files.read(`${HOST_KEY_FILE}.pub`)?.toString('latin1') ?? '';
  }

  #execHost(windows: Windows) {
    return {
      windows,
      scenario: this.#lab.scenario,
      bootTime: this.#bootTime,
      restart: () => this.restart(),
      tasks: this.#tasks,
      publish: (values: Readonly<Record<string, string>>) => this.#publisher.publish(values),
      network: () => this.#addresses(),
      stopTools: () => this.#run(() => this.#stopTools(windows)),
      startSysprep: (parameters: SysprepParameters) => this.#startSysprep(windows, parameters),
    };
  }

  #addresses(): { mac: string; address: string }[] {
    const nics = this.#hardware?.nics ?? [];
    return nics.filter((nic) => nic.connected).map(({ mac }) => ({ mac, address: this.#addressOf(mac) }));
  }

  #startTools(windows: Windows): void {
    this.#tools?.end();
    const setInfo = (key: string, value: string) => this.#publisher.publish({ [key]: value });
    const host = { ...this.#execHost(windows), setInfo };
    this.#tools = new ToolsService(host, this.#lab.log, () => this.#startTools(windows));
  }

  /** Somebody stops the service VMTools. */
  async #stopTools(windows: Windows): Promise<void> {
    const service = windows.services.get('VMTools');
    if (service !== undefined) service.status = 'Stopped';
    this.#toolsAreUp = false;
    this.#tools?.end();
    this.#tools = undefined;
    await this.#publisher.toolsStopped();
  }

  async #networkUp(windows: Windows, guestinfo: Record<string, string>): Promise<void> {
    this.#toolsAreUp = true;
    this.#startTools(windows);
    const linkLocal = this.#lab.scenario.scenario.network?.linkLocal;
    if (linkLocal !== undefined) await this.#publisher.publish(guestinfo, this.#report(windows, [LINK_LOCAL]));
    if (linkLocal === 'only') return;
    await this.#publisher.publish(linkLocal === undefined ? guestinfo : {}, this.#report(windows, undefined));
  }

  /** `addresses` undefined: the real ones of each network card. */
  #report(windows: Windows, addresses: readonly string[] | undefined) {
    return toolsReport(windows, this.#hardware?.nics ?? [], (mac) => addresses ?? [this.#addressOf(mac)]);
  }

  #addressOf(mac: string): string {
    return this.#lab.scenario.scenario.network?.unreachable ? UNREACHABLE : this.#lab.network.addressOf(mac);
  }

  #startSysprep(windows: Windows, parameters: SysprepParameters): void {
    const { run } = parameters;
    const publish = (value: Record<string, unknown>) =>
      this.#publisher.publish({ 'guestinfo.ingot.sysprep': JSON.stringify({ ...value, run }) });
    const task = { ...parameters, windows, publish, lab: this.#lab, signal: this.#stopped.signal };
    this.#tasks.start('ingot-sysprep', async () => {
      // Sysprep takes minutes: what started it has been answered long before ingot's folder goes.
      await Promise.all([this.#tools, ...this.#sshds].map((way) => way?.fetched()));
      if (await runSysprepTask(task)) this.shutDown();
    });
  }

  async #stage(message: string): Promise<void> {
    this.#console.screen = message;
    if (this.#lab.speed === 'demo') await delay(DEMO_STAGE_MS, undefined, { signal: this.#stopped.signal });
    this.#stopped.signal.throwIfAborted();
  }
}
