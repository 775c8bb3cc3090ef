import type { Image, OwnStep } from '../image/index.ts';
import type { Step } from '../pipeline/step.ts';
import { answerDisc } from './answer-disc.ts';
import { certificates } from './certificates.ts';
import { cleanup } from './cleanup.ts';
import { clone } from './clone.ts';
import { containerd } from './containerd.ts';
import { createVm } from './create-vm.ts';
import { defender } from './defender.ts';
import type { BuildEnv } from './define.ts';
import { docker } from './docker.ts';
import { features } from './features.ts';
import { firewall } from './firewall.ts';
import { inspectMedia } from './inspect-media.ts';
import { installWindows } from './install-windows.ts';
import { inventory } from './inventory.ts';
import { ipAddress } from './ip-address.ts';
import { master } from './master.ts';
import { memoryDump } from './memory-dump.ts';
import { openssh } from './openssh.ts';
import { preflight } from './preflight.ts';
import { publish } from './publish.ts';
import { registry } from './registry.ts';
import { seal } from './seal.ts';
import { smokeTest } from './smoke-test.ts';
import { createVm as cloneSource } from './source/create-vm.ts';
import { installWindows as lookIntoSource } from './source/install-windows.ts';
import { sysprep } from './sysprep.ts';
import { template } from './template.ts';
import { time } from './time.ts';
import { toolsConf } from './tools-conf.ts';
import { uploadIso } from './upload-iso.ts';
import { uploadMedia } from './upload-media.ts';
import { userStep } from './user.ts';
import { vmwareTools } from './vmware-tools.ts';
import { windowsUpdates } from './windows-updates.ts';

export type ImageStep = Step<Image, BuildEnv>;

/** How Windows gets onto the disk: what is behind it takes the steps by their ids, and sees no difference. */
const installed = [inspectMedia, preflight, uploadIso, answerDisc, uploadMedia, createVm, installWindows];
const cloned = [preflight, cloneSource, lookIntoSource];

/** The procedure, top to bottom. Steps before and after the inner ones wait for what they need and otherwise overlap. */
export function graphOf(image: Image): readonly ImageStep[] {
  const inside = insideWindows(image.steps);
  return [
    ...(image.source === undefined ? installed : cloned),
    vmwareTools,
    ipAddress,
    openssh,
    ...inside,
    { ...master, after: inside.slice(-1) },
    clone,
    sysprep,
    seal,
    smokeTest,
    { ...template, after: [smokeTest] },
    publish,
  ];
}

/** What happens inside one running Windows: one step after another, the user's own where the image file puts them. */
function insideWindows(own: readonly OwnStep[]): readonly ImageStep[] {
  const inner: ImageStep[] = [
    toolsConf,
    time,
    certificates,
    defender,
    windowsUpdates,
    features,
    docker,
    containerd,
    firewall,
    registry,
    memoryDump,
    cleanup,
    inventory,
  ];
  const placed: { readonly step: ImageStep; readonly after?: string }[] = inner.map((step) => ({ step }));
  for (const definition of inOrder(own)) {
    // Behind the step it names, and behind the user's steps that already stand there; at the front if that step is over.
    let at = placed.findIndex(({ step }) => step.id === definition.after) + 1;
    while (placed[at]?.after === definition.after) at++;
    placed.splice(at, 0, { step: userStep(definition), after: definition.after });
  }
  return placed.map(({ step }, index) => {
    const before = placed[index - 1]?.step;
    return before === undefined ? step : { ...step, after: [...step.after, before] };
  });
}

/** The user's steps so that each stands behind the one of the user's that it names; the image file has no cycles. */
function inOrder(own: readonly OwnStep[]): readonly OwnStep[] {
  const waiting = [...own];
  const ordered: OwnStep[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex((step) => !waiting.some((other) => other.name === step.after));
    ordered.push(...waiting.splice(Math.max(ready, 0), 1));
  }
  return ordered;
}
