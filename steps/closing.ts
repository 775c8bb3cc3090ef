import type { Failure } from '../common/failure.ts';
import { templateReferences } from '../handover/template-reference.ts';
import type { Image } from '../image/index.ts';
import { keys } from '../image/names.ts';
import type { BuildStatus } from '../pipeline/events.ts';
import type { Closing, Outputs } from '../pipeline/run.ts';
import { extraConfigMap } from '../vsphere/extra-config.ts';
import type { OptionValue } from '../vsphere/vim25.gen.ts';
import type { BuildEnv } from './define.ts';
import { installWindows } from './install-windows.ts';
import { publish } from './publish.ts';
import { goesOn, sysprepRunIn } from './support/sysprep-run.ts';
import { template } from './template.ts';

/** How a build ended. */
export interface Ending {
  readonly status: BuildStatus;
  readonly outputs: Outputs;
  /** Of the step that failed first. */
  readonly failure?: Failure | undefined;
}

/** The last report: what was made and how it is named to those who use it, or what an unfinished build leaves, and where. */
export async function closing(env: BuildEnv, image: Image, { status, outputs, failure }: Ending): Promise<Closing> {
  if (env.lease.lost.aborted)
    return { summary: [], left: ['what is in vCenter is the work of the build that has the lease now: left as it is'] };
  if (status !== 'done') {
    if (status === 'failed') await diagnose(env, image, outputs, failure);
    const { told } = env.diagnostics;
    const summary = told === undefined ? [] : [{ label: 'diagnostics', value: told }];
    return { summary, left: await leftBehind(env, image, outputs) };
  }
  const { inventoryPath, vm, previous } = template.output.parse(outputs.get(template.id));
  const { os } = installWindows.output.parse(outputs.get(installWindows.id));
  const { machineSet } = templateReferences(inventoryPath, [inventoryPath]);
  const center = await env.vcenter();
  return {
    summary: [
      { label: 'template', value: inventoryPath },
      { label: 'MoRef', value: `VirtualMachine:${vm}` },
      { label: 'Windows', value: `${os.build} ${os.edition} (${os.installationType})` },
      { label: 'MachineSet template', value: machineSet },
      { label: 'master', value: `${env.names.master}, kept for the next build` },
      ...(previous === null ? [] : [{ label: 'template before', value: previous }]),
      ...publishedLines(outputs),
      { label: 'SOAP requests', value: String(center.vc.requests) },
    ],
    left: [],
  };
}

/** What was published where. */
function publishedLines(outputs: Outputs): { readonly label: string; readonly value: string }[] {
  if (!outputs.has(publish.id)) return [];
  const { published } = publish.output.parse(outputs.get(publish.id));
  return published.map(({ where, changed }) => ({
    label: 'published',
    value: changed ? where : `${where}, as before`,
  }));
}

/** What the Windows that is there has to say about the failure. The first error stays the one that is told. */
async function diagnose(env: BuildEnv, image: Image, outputs: Outputs, failure: Failure | undefined): Promise<void> {
  // Before the VM is made there is no Windows; before it is installed there is only its console. A template is off.
  if (!outputs.has('create-vm') || outputs.has(template.id)) return;
  const signal = AbortSignal.timeout(Math.min(image.timeouts.task, 90_000));
  await env.diagnostics.collect(outputs.has('clone') ? 'candidate' : 'master', signal, failure);
}

/** Looks with a signal of its own: the build's is aborted by now. What cannot be looked up is said to be unknown. */
async function leftBehind(env: BuildEnv, image: Image, outputs: Outputs): Promise<string[]> {
  if (!outputs.has('preflight')) return [];
  const signal = AbortSignal.timeout(Math.min(image.timeouts.task, 30_000));
  try {
    const center = await env.vcenter();
    const { folderPath, templateFolderPath } = await center.placement(signal);
    center.forget('master'); // what was broken off may have been done all the same
    const left: string[] = [];
    for (const [role, folder] of [
      ['master', folderPath],
      ['candidate', templateFolderPath],
      ['smoke', templateFolderPath],
    ] as const) {
      const machine = await center.find(role, signal);
      if (machine === undefined) continue;
      const now = await center.vc.read(machine.vm, ['runtime.powerState', 'config.extraConfig'], { signal });
      const kept = role === 'master' ? !env.records.abandoned : sysprepGoesOn(env, now);
      const next = kept ? 'the next build goes on with it' : 'the next build replaces it';
      left.push(`VM ${folder}/${machine.name} (${now['runtime.powerState']}): ${next}`);
    }
    const disc = await discLeft(env, outputs, signal);
    if (outputs.has(template.id)) {
      const { inventoryPath } = template.output.parse(outputs.get(template.id));
      left.push(`template ${inventoryPath}: whole; the next build publishes it`);
    }
    return disc === undefined ? left : [...left, disc];
  } catch {
    return ['what is left in vCenter could not be looked up: look for VMs of the image’s name'];
  }
}

/** Whether the next build of the same plan waits for the Sysprep that this one started in the clone. */
function sysprepGoesOn(
  { records }: BuildEnv,
  now: { readonly 'runtime.powerState': string; readonly 'config.extraConfig'?: readonly OptionValue[] | undefined },
): boolean {
  const run = sysprepRunIn(extraConfigMap(now['config.extraConfig']), records.fingerprintOf('sysprep'));
  return run !== undefined && goesOn(run, now['runtime.powerState']);
}

/**
 * The answer disc holds a password: only a VM that the next build goes on with keeps it. Taken out of one that stays
 * just to be looked at, it is deleted at once, as is one that no VM has.
 */
async function discLeft(env: BuildEnv, outputs: Outputs, signal: AbortSignal): Promise<string | undefined> {
  if (outputs.has(installWindows.id)) return undefined;
  const center = await env.vcenter();
  const master = await center.look('master', signal);
  const disc = master?.extraConfig.get(keys.disc) ?? '';
  const uploaded = env.held.uploadedDisc;
  if (uploaded !== undefined && uploaded !== disc) await center.files.delete(uploaded, signal);
  if (disc === '' || master === undefined) return undefined;
  if (!env.records.abandoned) return `answer disc ${disc}: deleted as soon as Windows is installed, or with the VM`;
  await master.machine.ejectDisc(disc, signal);
  await center.files.delete(disc, signal);
  return undefined;
}
