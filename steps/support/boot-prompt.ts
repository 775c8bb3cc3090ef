import { setTimeout as pause } from 'node:timers/promises';
import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { Tail } from '../../vsphere/datastore-tail.ts';
import type { BuildEnv } from '../define.ts';
import type { Machine } from '../vcenter/machine.ts';

/** What the firmware of the VM writes into vmware.log; seen in public logs of ESXi, Workstation and Fusion. */
const booting = /Guest: About to do EFI boot: (.*)/;
const disc = /CD-?ROM/i;
const missed = /Guest: Status upon boot failure: Time ?out/i;

/** Between two looks at the log. vCenter tells nothing of what firmware does, and the media ask for five seconds only. */
const lookMs = 250;
/** Between two keys (a single one may come too early), and for how long they are typed: longer than the media ask. */
const keyMs = 500;
const askedMs = 6_000;
/** How long the log may take to be there: vCenter says 404 also where a right is missing. */
const logMs = 10_000;
/** Without a log: keys from power-on for as long as firmware takes to come to the CD. */
const blindMs = 60_000;
const attempts = 3;

export interface BootPromptOptions {
  readonly machine: Pick<Machine, 'typeKey' | 'reset'>;
  /** What vmware.log got since the last look. */
  tail(offset: number, signal: AbortSignal): Promise<Tail | undefined>;
  readonly signal: AbortSignal;
  log(message: string): void;
}

/**
 * Gets a VM that was just powered on past “Press any key to boot from CD or DVD”. When the media ask is known from the
 * VM's log: the firmware writes there that it boots the CD, and also when that came to nothing because no key was pressed;
 * then the VM is reset. Where the log cannot be read keys are typed from power-on, which is said.
 *
 * Never ends by itself when all is well: abort it when Windows reports, or when the wait for that ends.
 *
 * @throws IngotError `windows.boot-prompt` when the media did not boot in spite of it
 */
export async function answerBootPrompt(options: BootPromptOptions): Promise<void> {
  const { machine, signal, log } = options;
  const follow = logFollower(options);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const end = await follow();
    if (end === 'unreadable') {
      log('vmware.log cannot be read: typing a key each half second from power-on until the CD is booted');
      await typeKeys(machine, blindMs, signal);
      return;
    }
    const again = attempt < attempts ? '; resetting the VM' : '';
    log(`the CD did not boot: no key arrived while it asked (try ${attempt} of ${attempts})${again}`);
    if (attempt === attempts) break;
    await machine.reset(signal);
  }
  throw new IngotError(
    'windows.boot-prompt',
    `expected the Windows ISO to boot after a key press, found that it did not in ${attempts} tries`,
    {
      remedy:
        'use media with efi/microsoft/boot/efisys_noprompt.bin (all Windows Server ISO files of Microsoft have it); look at the console of the VM',
    },
  );
}

/** Each call goes on in the log where the last one ended: types keys when the firmware boots the CD, ends when that failed. */
function logFollower({ machine, tail, signal, log }: BootPromptOptions): () => Promise<'missed' | 'unreadable'> {
  const since = Date.now();
  let offset = 0;
  let rest = '';
  return async () => {
    let typed = 0;
    for (let typeUntil = 0; ; await pause(lookMs, undefined, { signal })) {
      let got: Tail | undefined;
      try {
        got = await tail(offset, signal);
      } catch (error) {
        if (signal.aborted) throw error;
        return 'unreadable';
      }
      if (got === undefined && Date.now() - since > logMs) return 'unreadable';
      offset = got?.next ?? 0;
      const lines = `${rest}${got?.bytes.toString('latin1') ?? ''}`.split('\n');
      rest = lines.pop() ?? '';
      const boot = lines.findLastIndex((line) => booting.test(line));
      if (lines.findLastIndex((line) => missed.test(line)) > boot) return 'missed';
      if (disc.test(booting.exec(lines[boot] ?? '')?.[1] ?? '')) {
        log('the firmware boots the CD: typing a key');
        typeUntil = Date.now() + askedMs;
      }
      const now = Date.now();
      if (now < typeUntil && now - typed >= keyMs) {
        typed = now;
        await machine.typeKey(signal);
      }
    }
  };
}

async function typeKeys({ typeKey }: Pick<Machine, 'typeKey'>, forMs: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + forMs;
  while (Date.now() < until) {
    await typeKey(signal);
    await pause(keyMs, undefined, { signal });
  }
}

/** Types the key that media without a no-prompt boot image ask for. */
export async function pastPrompt(
  { vcenter, log }: BuildEnv & StepTools<Image, Json>,
  machine: Machine,
  signal: AbortSignal,
): Promise<void> {
  const [{ media }, path] = await Promise.all([vcenter(), machine.logPath(signal)]);
  const tail = (offset: number, wait: AbortSignal) => media.tail(path, offset, wait);
  await answerBootPrompt({ machine, tail, signal, log });
}
