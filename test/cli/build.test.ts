import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { emptyFolder, ended, ingot, root, sample, start } from './ingot.ts';

const PATH = [process.env.PATH, join(homedir(), 'go/bin')].join(delimiter);

test('build --lab --reporter json: events and nothing else on stdout, the same in the journal', {
  timeout: 60_000,
}, async (t) => {
  const cwd = emptyFolder(t);
  const { code, stdout, stderr } = await ingot(['build', sample, '--lab', '--reporter', 'json'], {
    cwd,
    env: { PATH },
  });
  assert.equal(code, 0, stdout + stderr);
  const lines = stdout.trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line));
  assert.equal(events.at(0).type, 'build-started');
  assert.equal(events.at(-1).type, 'build-finished');
  assert.equal(events.at(-1).status, 'done');

  const folder = join(cwd, '.ingot/windows-server-20h2');
  const journals = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  assert.deepEqual(journals, [`${events[0].build}.jsonl`]);
  const journal = readFileSync(join(folder, `${events[0].build}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  assert.deepEqual(
    journal,
    lines.filter((_, at) => events[at].type !== 'step-progress'),
  );
});

test('build: SIGINT ends it cleanly with 130, and says what is left', { timeout: 60_000 }, async (t) => {
  const build = start(['build', sample, '--lab', '--lab-speed', 'demo', '--reporter', 'json'], {
    cwd: emptyFolder(t),
    env: { PATH },
  });
  t.after(() => build.kill('SIGKILL'));
  const end = ended(build);
  for await (const line of createInterface(build.stdout)) {
    const event = JSON.parse(line);
    if (event.type === 'step-started' && event.step === 'install-windows') build.kill('SIGINT');
  }
  const { code, stdout, stderr } = await end;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /^Stopping/m);
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.deepEqual([last.type, last.status], ['build-finished', 'interrupted']);
  assert.ok(last.left.some((text: string) => text.includes('windows-server-20h2')));
});

test('build: a vCenter that cannot be reached is exit code 3', { timeout: 60_000 }, async (t) => {
  const cwd = emptyFolder(t);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(cwd, 'key')]);
  const { code, stdout } = await ingot(['build', sample, '--reporter', 'plain'], {
    cwd,
    env: {
      PATH,
      INGOT_VCENTER_PASSWORD: 'not-a-secret',
      INGOT_SSH_PRIVATE_KEY: readFileSync(join(cwd, 'key'), 'utf8'),
      INGOT_VAR_vcenter: '127.0.0.1:9',
      INGOT_VAR_media: join(root, 'lab/media'),
      INGOT_VAR_public_key: join(cwd, 'key.pub'),
    },
  });
  assert.equal(code, 3, stdout);
  assert.match(stdout, /^ {2}resume {6}ingot build /m);
});

test('plan --lab: every step is to be run, or left out; as a table, as JSON, as a graph', {
  timeout: 60_000,
}, async (t) => {
  const run = (...flags: string[]) =>
    ingot(['plan', sample, '--lab', ...flags], { cwd: emptyFolder(t), env: { PATH } });
  const [table, json, graph] = await Promise.all([run(), run('--json'), run('--graph')]);
  for (const { code, stderr } of [table, json, graph]) assert.equal(code, 0, stderr);
  const entries = JSON.parse(json.stdout);
  assert.ok(entries.length > 15);
  const lines = table.stdout.trimEnd().split('\n');
  const rows = lines.filter((line) => !line.startsWith(' '));
  assert.equal(rows.length, entries.length);
  const notes = lines.filter((line) => line.startsWith(' ')).map((line) => line.trim());
  assert.deepEqual(
    notes,
    entries.flatMap((entry: { notes: string[] }) => entry.notes),
  );
  assert.ok(notes.includes('no prompt: patched on upload'));
  for (const [at, { step, state, fingerprint, why }] of entries.entries()) {
    assert.ok(['run', 'skipped'].includes(state), step);
    assert.match(fingerprint, /^[0-9a-f]{64}$/);
    const row = rows[at] ?? '';
    assert.ok(row.includes(step) && row.endsWith(why), row);
    assert.ok(graph.stdout.includes(`  ${step}["`), step);
  }
  assert.match(graph.stdout, /^flowchart LR\n/);
});

test('build: a journal that cannot be written is exit code 2, before anything is done', {
  timeout: 60_000,
}, async (t) => {
  const cwd = emptyFolder(t);
  writeFileSync(join(cwd, 'file'), '');
  const { code, stdout, stderr } = await ingot(['build', sample, '--lab', '--journal-dir', 'file'], {
    cwd,
    env: { PATH },
  });
  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  assert.match(stderr, /^error: expected to write the journal file\/.*\n {2}what to do: .*--journal-dir$/m);
});

test('build: SIGINT while the lab starts is 130, too', { timeout: 60_000 }, async (t) => {
  const build = start(['build', sample, '--lab'], { cwd: emptyFolder(t), env: { PATH, INGOT_DEBUG: '1' } });
  const end = ended(build);
  // Node has its handler for the signal once the process has written or opened anything; the lab's log is the first.
  await Promise.race([once(build.stderr, 'data'), once(build.stdout, 'data')]);
  build.kill('SIGINT');
  assert.equal((await end).code, 130);
});
