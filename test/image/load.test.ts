import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { formatProblem, loadImage, loadImages, loadText } from '../../image/index.ts';
import { edit, ROOT, SAMPLE, sampleText } from './support.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingot-image-'));
});
after(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

for (const version of ['2019', '20h2', '2022', '2025']) {
  test(`the sample for ${version} is valid`, async () => {
    const { image, problems } = await loadImage(`${ROOT}images/windows-server-${version}.yaml`);
    assert.deepEqual(problems.map(formatProblem), []);
    assert.equal(image?.name, `windows-server-${version}`);
  });
}

const NO_TEXT: [string, string | Uint8Array, string, number, number][] = [
  ['an empty file', '', 'image.empty', 1, 1],
  ['a file of comments', '# nothing\n# here\n', 'image.empty', 1, 1],
  ['a single word', 'word', 'image.type', 1, 1],
  ['a list', '- a\n- b\n', 'image.type', 1, 1],
  ['binary data', Buffer.from([0x7f, 0x45, 0x0a, 0x4c, 0, 1]), 'image.encoding', 2, 2],
  ['UTF-16', Buffer.from('\ufeffname: x\n', 'utf16le'), 'image.encoding', 1, 4],
  ['Latin-1', Buffer.from('name: x\ndescription: Büro\n', 'latin1'), 'image.encoding', 2, 15],
  ['a huge file', `name: ${'x'.repeat(600 * 1024)}`, 'image.too-large', 1, 1],
  ['thousands of open brackets', '['.repeat(100_000), 'image.too-deep', 1, 62],
  ['a hundred levels', `a: ${'['.repeat(100)}${']'.repeat(100)}`, 'image.too-deep', 1, 64],
  ['many values', `a: [${'1,'.repeat(30_000)}]`, 'image.too-many-values', 1, 4],
];

for (const [what, content, code, line, column] of NO_TEXT) {
  test(`${what} is a problem with a place`, async () => {
    const { image, problems } = await loadImage(await write('bad.yaml', content));
    assert.equal(image, undefined);
    const found = problems.find((problem) => problem.code === code);
    assert.ok(found, problems.map(formatProblem).join('\n'));
    assert.deepEqual([found.line, found.column], [line, column]);
  });
}

test('a missing file, a folder and a file below a file are problems', async () => {
  const loaded = await loadImages([join(folder, 'none.yaml'), folder, join(await write('a', 'x'), 'b.yaml')]);
  assert.deepEqual(
    loaded.map(({ problems }) => problems.map(({ code, line, column }) => [code, line, column])),
    [[['image.missing', 1, 1]], [['image.not-a-file', 1, 1]], [['image.missing', 1, 1]]],
  );
});

test('aliases that multiply are stopped before they are expanded', () => {
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level <= 12; level += 1) {
    bomb.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
  }
  const start = performance.now();
  const { problems } = loadText('bomb.yaml', bomb.join('\n'));
  assert.ok(problems.some(({ code, line }) => code === 'image.too-many-values' && line === 5));
  assert.ok(performance.now() - start < 1000);
});

test('anchors and aliases stand for what they refer to', () => {
  const { text } = edit('memory: 8GiB', '‸memory: &size 64GiB', sampleText.replace('disk: 60GiB', 'disk: *size'));
  const { image } = loadText(SAMPLE, text);
  assert.equal(image?.hardware.disk, 64 * 1024 ** 3);
});

test('all problems of all files are told at once, in the order of each file', async () => {
  const one = edit(
    'cpus: 4',
    '‸cpus: 0',
    sampleText.replace('disk: 60GiB', 'disk: 1GiB').replace('UTC', 'Europe/Berlin'),
  );
  const loaded = await loadImages([await write('one.yaml', one.text), SAMPLE, await write('two.yaml', 'name: X')]);
  assert.deepEqual(
    loaded.map(({ problems }) => problems.map(({ path }) => path)),
    [
      ['hardware.cpus', 'hardware.disk', 'windows.timeZone'],
      [],
      ['apiVersion', 'vcenter', 'placement', 'windows', 'openssh', 'media', 'name'],
    ],
  );
});

test('a byte order mark and CRLF do not move the places', () => {
  const { text, line, column } = edit('cpus: 4', 'cpus: ‸0');
  const { problems } = loadText(SAMPLE, text.replaceAll('\n', '\r\n'));
  assert.deepEqual([problems[0]?.line, problems[0]?.column], [line, column]);
});

test('a warning does not keep an image from being built', () => {
  const { text, line, column } = edit('  caFile:', '  insecure: ‸true # ');
  const { image, problems } = loadText(SAMPLE, text);
  assert.ok(image?.vcenter.insecure);
  assert.deepEqual(
    problems.map((problem) => [problem.severity, problem.line, problem.column]),
    [['warning', line, column]],
  );
  assert.match(problems.map(formatProblem).join(), /vcenter\.insecure: warning expected /);
});

test('files of this machine are looked at on request only', async () => {
  const file = await write('image.yaml', sampleText);
  assert.deepEqual((await loadImage(file)).problems, []);
  const { image, problems } = await loadImage(file, { checkFiles: true });
  assert.equal(image, undefined);
  assert.deepEqual(
    problems.map(({ path, code }) => [path, code]),
    [
      ['media.iso', 'file.missing'],
      ['openssh.authorizedKeys[0]', 'file.missing'],
    ],
  );
  await write('windows-server-20h2.iso', 'x');
  await write('administrator.pub', 'ssh-dss AAAA comment\n');
  const again = await loadImage(file, { checkFiles: true });
  assert.deepEqual(
    again.problems.map(({ code }) => code),
    ['openssh.weak-key'],
  );
});

test('a pipe in place of a file is a problem: reading it would wait for ever', async () => {
  const pipe = join(folder, 'pipe.iso');
  execFileSync('mkfifo', [pipe]);
  const file = await write('pipe.yaml', edit(`\${var.media}/windows-server-20h2.iso`, '‸./pipe.iso').text);
  const { problems } = await loadImage(file, { checkFiles: true });
  const [problem] = problems;
  assert.deepEqual([problem?.path, problem?.code], ['media.iso', 'file.missing']);
  assert.match(problem?.found ?? '', /^a pipe, a socket or a device, .*pipe\.iso$/);
});

test('a key named __proto__ is a key like any other', () => {
  const { text } = edit('hardware:\n', 'hardware:\n  ‸__proto__: { cpus: 9 }\n');
  const { problems } = loadText(SAMPLE, text);
  assert.deepEqual(
    problems.map(({ code, path }) => [code, path]),
    [['image.unknown-key', 'hardware.__proto__']],
  );
});

test('nothing that a terminal acts on, or that hides text, is printed', () => {
  for (const value of ['Ab\u202ecd', 'a\u200bb', '*a\u001b[31m', '*\u009b']) {
    const { problems } = loadText('a\u001b.yaml', edit('\nname: windows-server-20h2', `\nname: ‸${value}`).text);
    assert.notEqual(problems.length, 0);
    assert.doesNotMatch(problems.map(formatProblem).join(''), /\p{Cc}|\p{Cf}/u);
  }
});

test('a secret in clear is not told, whatever shape it is written in', () => {
  const planted = [
    'password: hunter2',
    'password: [hunter2]',
    'password: { value: hunter2 }',
    'password: "hunter2',
    'password: hunter2: x',
    'password: @hunter2',
    'password: |\n    hunter2',
    'password: !hunter2 x',
    'password: "\\hunter2"',
    'password hunter2',
    'passwd: hunter2',
  ];
  for (const line of planted) {
    const { problems } = loadText(SAMPLE, edit('password: env:INGOT_VCENTER_PASSWORD', `‸${line}`).text);
    assert.notEqual(problems.length, 0, line);
    assert.doesNotMatch(JSON.stringify(problems), /hunter/, line);
  }
  const { text } = edit('password: env:INGOT_VCENTER_PASSWORD', `‸password: \${var.network}`);
  const { problems } = loadText(SAMPLE, text, { vars: { network: 'hunter2' } });
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['secret.literal'],
  );
  assert.doesNotMatch(JSON.stringify(problems), /hunter/);
});

test('a file made to take long is told quickly', () => {
  const variables = Array.from({ length: 5000 }, (_, index) => `  variable_number_${index}: {}`).join('\n');
  const uses = Array.from({ length: 5000 }, (_, index) => `\${var.variable_nmber_${index}}`).join('');
  const chain = Array.from({ length: 900 }, (_, index) => `- { name: s${index}, after: s${index + 1} }`).join('\n');
  const start = performance.now();
  const { problems } = loadText(SAMPLE, `variables:\n${variables}\nname: '${uses}'\nsteps:\n${chain}\n`);
  assert.ok(problems.length > 1000);
  assert.ok(performance.now() - start < 3000);
});
