import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from './tools.ts';

test('what is as large as readers let it be takes neither 2 seconds nor 64 MB of heap', async () => {
  const script = fileURLToPath(new URL('fuzz/worst-cases.ts', import.meta.url));
  const told: { milliseconds: Record<string, number> } = JSON.parse(
    await run(process.execPath, '--max-old-space-size=64', '--max-semi-space-size=4', script),
  );
  assert.ok(Object.keys(told.milliseconds).length > 3);
  for (const [what, time] of Object.entries(told.milliseconds)) assert.ok(time < 2000, `${what}: ${time} ms`);
});
