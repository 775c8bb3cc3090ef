import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { emptyFolder, ended, ingot, start } from './ingot.ts';

const exec = promisify(execFile);
const DATE = '2026-02-03T04:05:06Z';

/** A folder `in` with some files, in a folder of its own. */
function sampleFolder(t: TestContext): string {
  const folder = emptyFolder(t);
  mkdirSync(join(folder, 'in/drivers/pvscsi'), { recursive: true });
  mkdirSync(join(folder, 'in/empty'));
  writeFileSync(join(folder, 'in/drivers/pvscsi/pvscsi.inf'), 'inf');
  writeFileSync(join(folder, 'in/Ünïcode.msi'), Buffer.alloc(300_000, 7));
  writeFileSync(join(folder, 'in/nothing'), '');
  return folder;
}

test('iso pack writes a disc that bsdtar reads back, and says how large it is', async (t) => {
  const folder = sampleFolder(t);
  const { code, stdout, stderr } = await ingot(['iso', 'pack', 'in', 'Drivers (new).ISO'], { cwd: folder });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, '');
  const disc = join(folder, 'Drivers (new).ISO');
  assert.equal(stderr, `Drivers (new).ISO: ${statSync(disc).size} bytes, 3 files in 3 folders\n`);
  mkdirSync(join(folder, 'out'));
  await exec('bsdtar', ['-xf', disc, '-C', join(folder, 'out')]);
  await exec('diff', ['-r', join(folder, 'in'), join(folder, 'out')]);
  const { stdout: facts } = await exec('isoinfo', ['-d', '-i', disc]);
  assert.match(facts, /^Volume id: DRIVERS__NEW_$/m);
});

test('the same folder, label and date give the same bytes, wherever the date comes from', async (t) => {
  const folder = sampleFolder(t);
  const runs: readonly [string[], NodeJS.ProcessEnv][] = [
    [['--date', DATE], {}],
    [['--date', '1770091506'], {}],
    [['--date', '2026-02-03T06:05:06+02:00'], { SOURCE_DATE_EPOCH: '1' }],
    [[], { SOURCE_DATE_EPOCH: '1770091506' }],
  ];
  const discs = runs.map(async ([flags, env], index) => {
    const { code, stderr } = await ingot(['iso', 'pack', 'in', `${index}.iso`, '--label', 'SAME', ...flags], {
      cwd: folder,
      env,
    });
    assert.equal(code, 0, stderr);
    return readFileSync(join(folder, `${index}.iso`));
  });
  const [first, ...rest] = await Promise.all(discs);
  for (const disc of rest) assert.ok(first?.equals(disc));
  const { stdout } = await exec('xorriso', ['-indev', join(folder, '0.iso'), '-pvd_info'], {
    env: { ...process.env, TZ: 'UTC' },
  });
  assert.match(stdout, /Creation Time: 2026020304050600/);
});

test('wrong flags are told as such', async (t) => {
  const folder = sampleFolder(t);
  for (const flags of [
    ['--label', 'lower'],
    ['--label', 'SEVENTEEN_LETTERS'],
    ['--date', '2026-02-03T04:05:06'],
    ['--date', 'yesterday'],
    ['--date', '1900-01-01'],
  ]) {
    const { code, stderr } = await ingot(['iso', 'pack', 'in', 'out.iso', ...flags], { cwd: folder });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /expected/);
  }
  const env = { SOURCE_DATE_EPOCH: 'x' };
  const { code, stderr } = await ingot(['iso', 'pack', 'in', 'out.iso'], { cwd: folder, env });
  assert.notEqual(code, 0);
  assert.match(stderr, /SOURCE_DATE_EPOCH, found “x”/);
  assert.ok(!existsSync(join(folder, 'out.iso')));
});

test('a file that is there is replaced only with --force, and what is no file never', async (t) => {
  const folder = sampleFolder(t);
  const pack = (...args: string[]) => ingot(['iso', 'pack', 'in', ...args], { cwd: folder });
  writeFileSync(join(folder, 'old.iso'), 'old');
  symlinkSync('old.iso', join(folder, 'link.iso'));
  const refused = await pack('old.iso');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /\(iso\.output\)\n.*--force/);
  assert.equal(readFileSync(join(folder, 'old.iso'), 'utf8'), 'old');
  // A pipe of our own stands for all that is no file: as root, a product that is broken would replace a real device.
  await exec('mkfifo', [join(folder, 'pipe')]);
  for (const out of ['in', 'pipe', 'nowhere/out.iso']) {
    const { code, stderr } = await pack(out, '--force');
    assert.equal(code, 1, out);
    assert.match(stderr, /\(iso\.output\)/);
  }
  assert.ok(statSync(join(folder, 'pipe')).isFIFO());
  assert.equal((await pack('link.iso', '--force')).code, 0);
  assert.ok(statSync(join(folder, 'old.iso')).size > 300_000, 'what the link leads to is replaced');
  assert.deepEqual(readdirSync(folder).sort(), ['in', 'link.iso', 'old.iso', 'pipe']);
});

test('a disc inside its own folder is refused, by whatever name the folder goes', async (t) => {
  const folder = sampleFolder(t);
  symlinkSync('in', join(folder, 'alias'));
  for (const [from, to] of [
    ['in', 'in/out.iso'],
    ['in', 'alias/drivers/out.iso'],
    ['alias', 'in/out.iso'],
    ['.', 'out.iso'],
  ] as const) {
    const { code, stderr } = await ingot(['iso', 'pack', from, to], { cwd: folder });
    assert.equal(code, 1, stderr);
    if (from !== '.') assert.match(stderr, /outside of the folder/);
  }
  const beside = await ingot(['iso', 'pack', 'in', 'in.iso'], { cwd: folder });
  assert.equal(beside.code, 0, beside.stderr);
});

test('links, loops, pipes and sockets are refused by name', async (t) => {
  const folder = sampleFolder(t);
  symlinkSync('nothing', join(folder, 'in/to a file'));
  symlinkSync('..', join(folder, 'in/drivers/loop'));
  symlinkSync('/nowhere', join(folder, 'in/dangling'));
  await exec('mkfifo', [join(folder, 'in/pipe')]);
  const server = createServer().listen(join(folder, 'in/socket'));
  t.after(() => server.close());
  await once(server, 'listening');
  const { code, stderr } = await ingot(['iso', 'pack', 'in', 'out.iso'], { cwd: folder });
  assert.equal(code, 1);
  for (const line of [
    'to a file: a symbolic link to nothing',
    'drivers/loop: a symbolic link to ..',
    'dangling: a symbolic link to /nowhere',
    'pipe: a pipe',
    'socket: a socket',
  ]) {
    assert.ok(stderr.includes(`  | ${line}\n`), stderr);
  }
  assert.match(stderr, /\(and 4 more\) \(iso\.special-file\)/);
  assert.ok(!existsSync(join(folder, 'out.iso')));
});

test('names that do not fit are told, also those that are no UTF-8', async (t) => {
  const folder = sampleFolder(t);
  writeFileSync(join(folder, 'in', 'a'.repeat(104)), '');
  writeFileSync(join(folder, 'in', 'what?'), '');
  writeFileSync(join(folder, 'in', 'NOTHING'), '');
  const { code, stderr } = await ingot(['iso', 'pack', 'in', 'out.iso'], { cwd: folder });
  assert.equal(code, 1);
  assert.match(stderr, /at most 103 fit/);
  assert.match(stderr, /Joliet forbids the character "\?"/);
  assert.match(stderr, /Windows cannot tell them apart/);
  writeFileSync(Buffer.concat([Buffer.from(join(folder, 'in/')), Buffer.from([0x66, 0xff])]), '');
  assert.match((await ingot(['iso', 'pack', 'in', 'out.iso'], { cwd: folder })).stderr, /path in UTF-8/);
});

test('a folder that is none is told', async (t) => {
  const folder = sampleFolder(t);
  for (const from of ['missing', 'in/nothing']) {
    const { code, stderr } = await ingot(['iso', 'pack', from, 'out.iso'], { cwd: folder });
    assert.equal(code, 1);
    assert.match(stderr, /\(iso\.folder\)/);
  }
});

test('an interrupt leaves neither a disc nor a part of one', async (t) => {
  const folder = sampleFolder(t);
  // Holes: no space is needed to read them, but what is written would be 12 GB.
  for (const name of ['a', 'b', 'c', 'd']) {
    writeFileSync(join(folder, 'in', name), '');
    truncateSync(join(folder, 'in', name), 3e9);
  }
  const watcher = watch(folder);
  t.after(() => watcher.close());
  const begun = once(watcher, 'change');
  const child = start(['iso', 'pack', 'in', 'out.iso'], { cwd: folder });
  const end = ended(child);
  await Promise.race([begun, end]);
  child.kill('SIGINT');
  const { code, stderr } = await end;
  assert.equal(code, 130, stderr);
  assert.deepEqual(readdirSync(folder), ['in']);
});
