/**
 * The lab's own process: `main.ts [--speed instant|demo] [--scenario FILE|JSON]`. With an IPC channel (lab/client.ts) it
 * reports and obeys over it; without one it prints shell exports. It ends, and takes all with it, when it is told to, on
 * SIGINT, SIGTERM and SIGHUP, and when its parent goes away.
 */
import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { IngotError } from '../common/failure.ts';
import { shellExports } from '../common/shell.ts';
import { Lab } from './lab.ts';
import type { LabMessage, RequestMessage } from './protocol.ts';
import { readScenario } from './scenario.ts';
import { splitArguments } from './split-arguments.ts';

const stopping = new AbortController();
let lab: Lab | undefined;

function tell(message: LabMessage): void {
  if (process.send !== undefined && process.connected) process.send(message);
  else if (message.type === 'log') process.stderr.write(`${message.line}\n`);
  else if (message.type === 'ready') process.stdout.write(shellExports(message.env));
}

async function end(code: number): Promise<void> {
  stopping.abort();
  await lab?.stop();
  process.exit(code);
}

function isPipe(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isSocket();
  } catch {
    return false;
  }
}

function watchParent(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
  process.on('disconnect', () => void end(0));
  // A pipe on standard input ends with whoever holds its other end. A terminal or /dev/null says nothing.
  if (process.send === undefined && isPipe()) process.stdin.on('end', () => void end(0)).resume();
  process.on('uncaughtException', (error) => {
    tell({ type: 'log', line: `lab: ${error.stack ?? error.message}` });
    void end(70);
  });
}

async function answer({ id, request }: RequestMessage): Promise<void> {
  try {
    const value = await lab?.control(request);
    tell({ type: 'reply', id, value });
  } catch (error) {
    tell({ type: 'reply', id, error: error instanceof Error ? error.message : String(error) });
  }
  if (request.op === 'stop') await end(0);
}

async function main(): Promise<void> {
  watchParent();
  const { values } = parseArgs({
    options: { speed: { type: 'string', default: 'demo' }, scenario: { type: 'string' } },
  });
  if (values.speed !== 'instant' && values.speed !== 'demo') {
    throw new IngotError('lab.arguments', `expected --speed instant or demo, found ${values.speed}`);
  }
  lab = await Lab.start({
    speed: values.speed,
    scenario: values.scenario === undefined ? {} : await readScenario(values.scenario),
    vcsimArgs: splitArguments(process.env.INGOT_VCSIM_ARGS ?? ''),
    log: (line) => tell({ type: 'log', line }),
    onProgress: (message) => tell({ type: 'progress', message }),
    signal: stopping.signal,
  });
  if (stopping.signal.aborted) return end(0);
  void lab.vcsim.exited.then(() => {
    if (stopping.signal.aborted) return;
    tell({ type: 'log', line: 'lab: vcsim ended by itself' });
    void end(70);
  });
  process.on('message', (message: RequestMessage) => void answer(message));
  tell({ type: 'ready', env: lab.env });
  // The first guest needs it; nothing else does.
  await import('./guest/sshd.ts');
}

main().catch((error: unknown) => {
  if (stopping.signal.aborted) return;
  const { code, message, remedy, evidence } =
    error instanceof IngotError
      ? error
      : new IngotError('lab.failed', error instanceof Error ? (error.stack ?? error.message) : String(error));
  tell({ type: 'failed', failure: { code, message, remedy, evidence } });
  if (process.send === undefined) process.stderr.write(`${[message, ...(evidence ?? []), remedy ?? ''].join('\n')}\n`);
  void end(1);
});
