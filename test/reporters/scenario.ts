import type { Failure } from '../../common/failure.ts';
import type { BuildEvent, EventBody } from '../../pipeline/events.ts';

export const endings = ['done', 'failed', 'interrupted'] as const;
export type Ending = (typeof endings)[number];

const build = '20261121T051200Z-3f9a';
const start = Date.parse('2026-11-21T05:12:00.000Z');
const GiB = 1024 ** 3;

const steps = [
  { id: 'inspect-media', title: 'Read the Windows ISO', needs: [] },
  { id: 'preflight', title: 'Check vCenter before anything is changed', needs: ['inspect-media'] },
  { id: 'upload-media', title: 'Upload the media', needs: ['preflight'] },
  { id: 'create-vm', title: 'Create the VM', needs: ['preflight'] },
  { id: 'install-windows', title: 'Install Windows', needs: ['upload-media', 'create-vm'] },
  { id: 'docker', title: 'Install Docker', needs: ['install-windows'] },
  { id: 'motd', title: 'Leave a note for who logs in', needs: ['install-windows'] },
  { id: 'sysprep', title: 'Seal Windows with Sysprep', needs: ['motd'] },
  { id: 'template', title: 'Make the template', needs: ['sysprep'] },
];

const reset: Failure = {
  code: 'vsphere.connection',
  message: 'expected an answer to CreateVM_Task, found that vCenter closed the connection',
  retryable: true,
  unreachable: false,
  timedOut: false,
};

const stuck: Failure = {
  code: 'guest.setup-stuck',
  message:
    'expected Windows Setup to be over within 45 m, found it still at “Getting files ready for installation (81 %)”, as it was 40 m ago',
  remedy: 'look at the screenshot; if the disk was only slow, raise timeouts.installWindows',
  evidence: ['last guestinfo: none', 'screenshot: [datastore1] windows-server-20h2-3f9a/shot.png', '\u001B[2Jcleared'],
  retryable: false,
  unreachable: false,
  timedOut: true,
};

/**
 * A build as it could be recorded: steps side by side, one taken from the record, one left out, a retry, warnings,
 * progress of each kind, text that a guest could send to do harm, and one of three endings.
 */
export function scenario(ending: Ending): readonly BuildEvent[] {
  const events: BuildEvent[] = [];
  const at = (seconds: number, body: EventBody) =>
    events.push({ ...body, at: new Date(start + seconds * 1000).toISOString(), build });
  const started = (seconds: number, step: string, attempt = 1) =>
    at(seconds, { type: 'step-started', step, title: steps.find(({ id }) => id === step)?.title ?? step, attempt });
  const finished = (seconds: number, step: string, ms: number, ...proof: readonly string[]) =>
    at(seconds, { type: 'step-finished', step, fingerprint: 'f'.repeat(64), ms, proof, output: {} });

  at(0, { type: 'build-started', name: 'windows-server-20h2', steps });
  at(0.01, {
    type: 'warning',
    message: 'TLS to vcenter.example.com is not verified (insecure: true): anyone in between can read the password',
  });
  at(0.02, {
    type: 'step-cached',
    step: 'inspect-media',
    fingerprint: 'e'.repeat(64),
    proof: ['Windows Server 20H2, build 19042.508, image 1 ServerStandardACor'],
    finishedAt: '2026-11-20T22:41:07.000Z',
  });
  started(0.03, 'preflight');
  at(0.05, { type: 'step-progress', step: 'preflight', message: 'Privileges', done: 3, total: 9, unit: 'items' });
  finished(0.4, 'preflight', 370, '14 privileges held', '181 GiB free on datastore1');
  started(0.41, 'upload-media');
  started(0.42, 'create-vm');
  const uploaded = (seconds: number, gib: number) =>
    at(seconds, {
      type: 'step-progress',
      step: 'upload-media',
      message: 'windows-server-20h2.iso',
      done: gib * GiB,
      total: 5 * GiB,
      unit: 'bytes',
    });
  uploaded(0.5, 0);
  at(0.6, { type: 'step-retry', step: 'create-vm', attempt: 1, delayMs: 200, failure: reset });
  started(0.8, 'create-vm', 2);
  uploaded(1.5, 0.1);
  finished(1.9, 'create-vm', 1_480, 'vm-61, vmx-15, EFI, pvscsi, vmxnet3', '60 GiB thin');
  for (let second = 2; second <= 50; second++) uploaded(second + 0.5, second / 10);
  finished(50.6, 'upload-media', 50_190, 'SHA-256 9f1c…27 of 5.0 GiB on the datastore');
  started(50.61, 'install-windows');
  at(51, {
    type: 'step-progress',
    step: 'install-windows',
    message: 'Windows Setup: Getting files ready for installation',
    done: 12,
    total: 100,
    unit: 'percent',
  });
  at(51.2, {
    type: 'warning',
    step: 'install-windows',
    message: 'the VM has 4 GiB of memory; Windows Setup is slow below 8 GiB',
  });
  at(54, { type: 'step-log', step: 'install-windows', message: 'bootstrap\u001B[2J\r\n::error::not a command' });
  at(78, {
    type: 'step-progress',
    step: 'install-windows',
    message: 'Windows Setup: Getting files ready for installation',
    done: 81,
    total: 100,
    unit: 'percent',
  });
  endingOf[ending]({ at, started, finished });
  return events;
}

interface Stage {
  at(seconds: number, body: EventBody): unknown;
  started(seconds: number, step: string, attempt?: number): unknown;
  finished(seconds: number, step: string, ms: number, ...proof: readonly string[]): unknown;
}

const left = [
  'VM windows-server-20h2-3f9a (vm-61) in /Datacenter/vm, powered on',
  'ISO [datastore1] ingot/media/9f1c.iso',
];

const endingOf: Readonly<Record<Ending, (stage: Stage) => void>> = {
  done({ at, started, finished }) {
    finished(
      1391,
      'install-windows',
      1_340_390,
      'Windows Server 2019 build 19042.508, Server Core',
      'Tools 12.3.5 running',
    );
    at(1391, { type: 'step-skipped', step: 'docker', reason: 'containerd is asked for instead' });
    started(1391.1, 'motd');
    finished(1392.6, 'motd', 1_500);
    started(1392.7, 'sysprep');
    finished(
      1500,
      'sysprep',
      107_300,
      'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE',
      'tag file there',
      'no error in setuperr.log',
    );
    started(1500.1, 'template');
    finished(1500.8, 'template', 700, 'is a template', 'no CD', 'no secret in extraConfig');
    const summary = [
      { label: 'template', value: '/Datacenter/vm/windows-server-20h2' },
      { label: 'managed object', value: 'vm-64' },
      { label: 'Windows', value: '20H2 Standard (Server Core), build 19042.508' },
    ];
    at(1501, { type: 'build-finished', status: 'done', ms: 1_501_000, summary, left: [] });
  },
  failed({ at }) {
    at(2700, { type: 'step-failed', step: 'install-windows', ms: 2_649_390, failure: stuck });
    at(2701, { type: 'build-finished', status: 'failed', ms: 2_701_000, failure: stuck, summary: [], left });
  },
  interrupted({ at }) {
    at(90, { type: 'step-cancelled', step: 'install-windows', ms: 39_390 });
    at(90.5, { type: 'build-finished', status: 'interrupted', ms: 90_500, summary: [], left });
  },
};
