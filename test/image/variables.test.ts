import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadImages, loadText } from '../../image/index.ts';
import { edit, SAMPLE, sampleText } from './support.ts';

const RUN = "Set-Content -Path C:\\motd.txt -Value 'Built by ingot' -Encoding Ascii";

test('a value that is given wins over one from the environment, that over the default', () => {
  const load = (vars: Record<string, string>, optionalVars: Record<string, string>) =>
    loadText(SAMPLE, sampleText, { vars, optionalVars }).image?.placement.network;
  assert.equal(load({}, {}), 'VM Network');
  assert.equal(load({}, { network: 'env' }), 'env');
  assert.equal(load({ network: 'flag' }, { network: 'env' }), 'flag');
});

test('a variable that stands alone becomes a number or a truth value where one is wanted', () => {
  const { text } = edit('cpus: 4', `‸secureBoot: \${var.ssh_port}\n  cpus: \${var.folder}`);
  const { image } = loadText(SAMPLE, text, { vars: { ssh_port: 'false', folder: '16' } });
  assert.equal(image, undefined, 'a port cannot be false');
  const good = loadText(SAMPLE, edit('cpus: 4', `‸cpus: \${var.ssh_port}`).text, { vars: { ssh_port: '8' } }).image;
  assert.equal(good?.hardware.cpus, 8);
  assert.equal(good?.openssh.port, 8);
  assert.equal(good?.placement.datacenter, 'Datacenter');
});

test('a number stays text where text is wanted', () => {
  const { image } = loadText(SAMPLE, sampleText, { vars: { datacenter: '42', network: 'true' } });
  assert.equal(image?.placement.datacenter, '42');
  assert.equal(image?.placement.network, 'true');
});

test('a wrong value of a variable is reported where it is used', () => {
  const { text, line, column } = edit(`port: \${var.ssh_port}`, `port: ‸\${var.ssh_port}`);
  const { problems } = loadText(SAMPLE, text, { vars: { ssh_port: 'many' } });
  assert.deepEqual(
    problems.map((problem) => [problem.line, problem.column, problem.path, problem.found]),
    [[line, column, 'openssh.port', '"many"']],
  );
});

test("PowerShell's own dollars stay, variables inside it are replaced, $${ stands for ${", () => {
  const script = `‸$x = "\${env:TEMP} $($y) \${z}" + '\${var.network}' + '$\${var.network}' + '$$'`;
  const { image } = loadText(SAMPLE, edit(RUN, script).text);
  const [step] = image?.steps ?? [];
  const expected = `$x = "\${env:TEMP} $($y) \${z}" + 'VM Network' + '\${var.network}' + '$$'\n`;
  assert.equal(step?.kind === 'powershell' && step.powershell, expected);
});

test('a value with dollars and braces is put in as it is, and not read again', () => {
  const vars = { network: `a$&b$1\${var.folder}` };
  assert.equal(loadText(SAMPLE, sampleText, { vars }).image?.placement.network, vars.network);
});

test('a value that no file declares is unused; one that one of several files declares is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-vars-'));
  const other = join(folder, 'other.yaml');
  await writeFile(other, sampleText.replace('\n  ssh_port:', '\n  sshd: { default: 1 }\n  ssh_port:'));
  const codes = async (files: string[], vars: Record<string, string>) =>
    (await loadImages(files, { vars })).map(({ problems }) => problems.map((problem) => problem.code));
  assert.deepEqual(await codes([SAMPLE], { sshd: '2' }), [['variable.unused']]);
  assert.deepEqual(await codes([SAMPLE, other], { sshd: '2' }), [[], []]);
  assert.deepEqual(await codes([SAMPLE, other], { sshh: '2' }), [['variable.unused'], ['variable.unused']]);
  assert.deepEqual((await loadImages([SAMPLE], { optionalVars: { sshd: '2' } }))[0]?.problems, []);
  await rm(folder, { recursive: true });
});

test('the nearest name is proposed, and the place is the section of the variables', () => {
  const { problems } = loadText(SAMPLE, sampleText, { vars: { netwrok: 'x' } });
  assert.deepEqual(
    problems.map(({ line, path, remedy }) => [line, path, remedy]),
    [[sampleText.split('\n').indexOf('variables:') + 1, 'variables', 'write network']],
  );
});

test('text from variables is bounded', () => {
  const { text } = edit(RUN, `‸'${`\${var.vcenter_user}`.repeat(2000)}'`);
  const { problems } = loadText(SAMPLE, text, { vars: { vcenter_user: 'x'.repeat(5000) } });
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['image.value', 'variable.too-long'],
  );
});
