import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import type { Speed } from './context.ts';
import { Datastores } from './datastores.ts';
import { labEnvironment, mediaFolder, placeToolsIso } from './environment.ts';
import { findVcsim } from './find-vcsim.ts';
import { Network } from './guest/network.ts';
import { Machines } from './machines.ts';
import type { DiskContent, GuestState, LabRequest } from './protocol.ts';
import type { ProxyContext } from './proxy/call.ts';
import { Esxi } from './proxy/esxi.ts';
import { Faults } from './proxy/faults.ts';
import { Leases } from './proxy/nfc/leases.ts';
import { ProxyServer } from './proxy/server.ts';
import { Sessions } from './proxy/sessions.ts';
import { Trace } from './proxy/trace.ts';
import { Transfers } from './proxy/transfers.ts';
import { Upstream } from './proxy/upstream.ts';
import { checkScenario, type Scenario, ScenarioState } from './scenario.ts';
import { makeSshKey } from './ssh-keys.ts';
import { cleanDeadLabs, makeStateDir, noteVcsim } from './state-dir.ts';
import { VcsimClient } from './vcsim/client.ts';
import { startVcsim, type VcsimProcess } from './vcsim/process.ts';
import { Witness } from './witness.ts';

/** vcsim's single sign-on takes the name without its domain for its account, and with it at login. */
const ACCOUNT = 'administrator';
const USERNAME = `${ACCOUNT}@vsphere.local`;

export interface LabOptions {
  readonly speed: Speed;
  readonly scenario: Scenario;
  readonly vcsimArgs: readonly string[];
  readonly log: (line: string) => void;
  /** Told what takes long. */
  readonly onProgress: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A running lab: vcsim, the front proxy before it and the guests of its VMs. */
export class Lab {
  readonly env: Readonly<Record<string, string>>;
  readonly vcsim: VcsimProcess;
  readonly #stateDir: string;
  readonly #context: ProxyContext;
  readonly #proxy: ProxyServer;
  readonly #faults: Faults;
  #stopping: Promise<void> | undefined;

  private constructor(parts: {
    env: Record<string, string>;
    vcsim: VcsimProcess;
    stateDir: string;
    context: ProxyContext;
    proxy: ProxyServer;
    faults: Faults;
  }) {
    this.env = parts.env;
    this.vcsim = parts.vcsim;
    this.#stateDir = parts.stateDir;
    this.#context = parts.context;
    this.#proxy = parts.proxy;
    this.#faults = parts.faults;
  }

  /** Starts all of it. Throws IngotError: `lab.vcsim-missing`, `lab.vcsim-start`, `lab.state-dir`. */
  static async start(options: LabOptions): Promise<Lab> {
    const { log } = options;
    const stateDir = await makeStateDir();
    try {
      return await Lab.#startIn(stateDir, options);
    } catch (error) {
      await rm(stateDir, { recursive: true, force: true });
      throw error;
    } finally {
      cleanDeadLabs().then(
        (removed) => {
          for (const folder of removed) log(`lab: removed ${folder}, which a dead lab left`);
        },
        (error: unknown) => log(`lab: could not clean up after dead labs: ${String(error)}`),
      );
    }
  }

  static async #startIn(stateDir: string, options: LabOptions): Promise<Lab> {
    const { log, signal } = options;
    const password = randomBytes(18).toString('base64url');
    // vcsim reads a secret from a file if its argument names one; on the command line every user would see it.
    const passwordFile = join(stateDir, 'password');
    const [path] = await Promise.all([
      findVcsim({ onProgress: options.onProgress, signal }),
      writeFile(passwordFile, password, { mode: 0o600 }),
    ]);
    const starting = startVcsim({
      path,
      username: ACCOUNT,
      passwordFile,
      stateDir,
      args: options.vcsimArgs,
      onLog: log,
      signal,
    });
    // While vcsim starts: what does not need it.
    const certificate = makeCertificate();
    const key = makeSshKey('administrator@ingot-lab');
    const files = {
      ca: join(stateDir, 'ca.pem'),
      key: join(stateDir, 'administrator'),
      publicKey: join(stateDir, 'administrator.pub'),
    };
    const [vcsimProcess, network] = await Promise.all([
      starting,
      Network.open(),
      writeFile(files.ca, certificate.caCertificate),
      writeFile(files.key, key.privateKey, { mode: 0o600 }),
      writeFile(files.publicKey, `${key.publicKey}\n`),
    ]);
    await noteVcsim(stateDir, vcsimProcess.pid);
    const vcsim = new VcsimClient(vcsimProcess.origin);
    const faults = new Faults();
    const datastores = new Datastores(stateDir);
    const base = {
      vcsim,
      speed: options.speed,
      scenario: new ScenarioState(options.scenario),
      datastores,
      network,
      witness: new Witness(),
      log,
    };
    const context: ProxyContext = {
      ...base,
      machines: new Machines(base),
      sessions: new Sessions(USERNAME, password),
      upstream: new Upstream(vcsimProcess.origin),
      transfers: new Transfers(),
      esxi: new Esxi(),
      leases: new Leases(vcsim, base.scenario),
      trace: process.env.INGOT_LAB_TRACE ? new Trace(process.env.INGOT_LAB_TRACE) : undefined,
      host: () => proxy.host,
    };
    const proxy = new ProxyServer(certificate, context, faults);
    const media = mediaFolder();
    for (const fault of options.scenario.faults ?? []) faults.add(fault);
    await Promise.all([vcsim.login(USERNAME, password), proxy.listen(), placeToolsIso(media, datastores, log)]);
    const env = labEnvironment({
      host: proxy.host,
      username: USERNAME,
      password,
      caFile: files.ca,
      privateKey: key.privateKey,
      privateKeyFile: files.key,
      publicKeyFile: files.publicKey,
      sshPort: network.port,
      media,
    });
    return new Lab({ env, vcsim: vcsimProcess, stateDir, context, proxy, faults });
  }

  /** Does what a controller asks; the reply is plain data. */
  async control(request: LabRequest): Promise<unknown> {
    switch (request.op) {
      case 'fault':
        this.#faults.add(request.fault);
        return undefined;
      case 'clear-faults':
        this.#faults.clear();
        return undefined;
      case 'expire-sessions':
        return this.#context.sessions.expire(this.#context.vcsim);
      case 'scenario':
        this.#context.scenario.change(checkScenario(request.scenario));
        for (const fault of request.scenario.faults ?? []) this.#faults.add(fault);
        return undefined;
      case 'counts':
        return Object.fromEntries(this.#proxy.counts);
      case 'reset-counts':
        this.#proxy.counts.clear();
        return undefined;
      case 'guests':
        return this.#guests();
      case 'disk':
        return this.#disk(request.vm);
      case 'stop':
        return this.stop();
    }
  }

  /** Stops everything and removes the state. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Removes the state at once, for a process that must end now. */
  removeState(): void {
    rmSync(this.#stateDir, { recursive: true, force: true });
  }

  async #stop(): Promise<void> {
    this.#proxy.close();
    await this.#context.machines.stop();
    this.#context.network.close();
    this.#context.upstream.close();
    await this.#context.esxi.close();
    this.#context.vcsim.close();
    await this.vcsim.stop();
    await rm(this.#stateDir, { recursive: true, force: true });
  }

  #disk(vm: string): DiskContent {
    const windows = this.#context.machines.all().find((machine) => machine.vm.value === vm)?.disk.windows;
    if (windows === undefined) throw new Error(`${vm} has no Windows on its disk`);
    const files = windows.files.all().filter((entry) => !entry.folder);
    return {
      files: files.map(({ path, content }) => ({ path, content: content.toString('base64') })),
      passwords: windows.sysprep.passwords,
    };
  }

  #guests(): GuestState[] {
    return this.#context.machines.all().map((machine) => ({
      vm: machine.vm.value,
      poweredOn: machine.guest !== undefined,
      installed: machine.disk.windows !== undefined,
      computerName: machine.disk.windows?.computerName,
      imageState: machine.disk.windows?.imageState,
      toolsRunning: machine.guest?.toolsRunning ?? false,
      screen: machine.guest?.screen ?? '',
      snapshots: machine.snapshots.size,
    }));
  }
}
