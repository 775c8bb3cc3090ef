import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';

const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

/** A process under test, and what it says, line by line. */
function interruptible(t: TestContext, ...args: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'interruptible.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator](), closed: once(child, 'close') };
}

for (const signal of signals) {
  test(`${signal} once: said first, then the abort signal, and the process ends by itself`, {
    timeout: 10_000,
  }, async (t) => {
    const { child, lines, closed } = interruptible(t);
    assert.equal((await lines.next()).value, 'ready');
    child.kill(signal);
    assert.equal((await lines.next()).value, 'stopping');
    assert.equal((await lines.next()).value, 'aborted: AbortError');
    assert.deepEqual(await closed, [0, null]);
  });

  test(`${signal} twice: the end, at once, with exit code 130`, { timeout: 10_000 }, async (t) => {
    const { child, lines, closed } = interruptible(t, 'stubborn');
    assert.equal((await lines.next()).value, 'ready');
    child.kill(signal);
    assert.equal((await lines.next()).value, 'stopping');
    assert.equal((await lines.next()).value, 'aborted: AbortError');
    child.kill(signal);
    assert.deepEqual(await closed, [130, null]);
  });
}
