// A process that stops cleanly, or (with the argument `stubborn`) does not: what test/cli/interrupts.test.ts sends signals to.
import { once } from 'node:events';
import { Interrupts } from '../../cli/interrupts.ts';

const interrupts = new Interrupts();
interrupts.onFirst(() => process.stdout.write('stopping\n'));
interrupts.listen();
const alive = setInterval(() => undefined, 60_000);
process.stdout.write('ready\n');
await once(interrupts.signal, 'abort');
process.stdout.write(`aborted: ${interrupts.signal.reason.name}\n`);
if (process.argv[2] !== 'stubborn') clearInterval(alive);
