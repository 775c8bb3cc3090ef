import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { journal } from '../../pipeline/journal.ts';
import { bake, cake, heard, heat, weigh } from './kitchen.ts';

test('the journal holds every event of a build, one JSON object a line, for its owner only', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ingot-journal-'));
  try {
    const writer = journal(join(folder, 'deep', 'b1.jsonl'));
    const ear = heard();
    await bake([weigh, heat, cake], { flour: 1 }, { listeners: [writer, ear.listener] });
    writer.close();
    const lines = readFileSync(writer.file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => line.type),
      ear.events.map((event) => event.type),
    );
    assert.equal(lines.at(-1).status, 'done');
    assert.equal(statSync(writer.file).mode & 0o077, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
