import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { Redactor } from '../../common/redactor.ts';
import { fetchLogs } from '../../steps/support/diagnostics.ts';

const { signal } = new AbortController();
const password = 'Zx&9-quite<secret';

interface Told {
  readonly name: string;
  readonly bytes?: number;
  readonly content?: Buffer | IngotError;
}

/** Fetches what a Windows offers that tells this; what is in the folder then. */
async function fetched(told: readonly Told[]) {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-test-diagnostics-'));
  const redactor = new Redactor();
  redactor.add(password);
  try {
    const target = join(folder, 'diagnostics');
    const result = await fetchLogs(
      {
        run: async (_script, _parameters, { output }) =>
          output.parse({
            folder: 'C:\\ProgramData\\ingot\\diagnostics',
            files: told.map(({ name, bytes = 10 }) => ({ name, bytes, source: 'x', cut: false })),
          }),
        readFile: async (path) => {
          const found = told.find(({ name }) => path === `/C:/ProgramData/ingot/diagnostics/${name}`)?.content;
          if (found instanceof IngotError) throw found;
          return found;
        },
      },
      { folder: target, redactor },
      signal,
    );
    const files = new Map<string, string>();
    for (const name of await readdir(target)) files.set(name, await readFile(join(target, name), 'utf8'));
    const modes = await Promise.all(
      [target, ...[...files.keys()].map((name) => join(target, name))].map((p) => stat(p)),
    );
    return { result, files, modes: modes.map(({ mode }) => mode & 0o777), outside: await readdir(folder) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('a password that a log repeats is masked in every form; the files are the owner’s only', async () => {
  const encoded = Buffer.from(password, 'utf16le').toString('base64');
  const log = `<Value>${password.replace('&', '&amp;').replace('<', '&lt;')}</Value> ${encoded} "${password}" end`;
  const { result, files, modes } = await fetched([{ name: 'sysprep-setupact.log', content: Buffer.from(log) }]);
  assert.deepEqual(result, { count: 1 });
  assert.equal(files.get('sysprep-setupact.log'), '<Value>***</Value> *** "***" end');
  assert.deepEqual(modes, [0o700, 0o600]);
});

test('what Windows names is no path and has its bounds', async () => {
  const small = Buffer.from('x');
  const { result, files, outside } = await fetched([
    { name: '../escaped.log', content: small },
    { name: '.hidden', content: small },
    { name: 'a\\b.log', content: small },
    { name: 'claims-too-much.log', bytes: 2 ** 40, content: small },
    { name: 'is-more-than-it-claims.log', content: Buffer.alloc(9 * 2 ** 20) },
    { name: 'vanished.log' },
    { name: 'fine.log', content: small },
  ]);
  assert.deepEqual(result, { count: 1 });
  assert.deepEqual([...files.keys()], ['fine.log']);
  assert.deepEqual(outside, ['diagnostics']);
});

test('not more than 60 files', async () => {
  const many = Array.from({ length: 100 }, (_, index) => ({ name: `${index}.log`, content: Buffer.from('x') }));
  assert.equal((await fetched(many)).result.count, 60);
});

test('a Windows that goes in the middle: what came before is kept and told', async () => {
  const gone = new IngotError('guest.lost', 'the session is gone');
  const { result, files } = await fetched([
    { name: 'first.log', content: Buffer.from('x') },
    { name: 'second.log', content: gone },
    { name: 'third.log', content: Buffer.from('x') },
  ]);
  assert.deepEqual(result, { count: 1, cut: 'the session is gone' });
  assert.deepEqual([...files.keys()], ['first.log']);
  await assert.rejects(fetched([{ name: 'first.log', content: gone }]), gone);
});
