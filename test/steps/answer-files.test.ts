import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { Redactor } from '../../common/redactor.ts';
import { formatProblem, type Image, loadText } from '../../image/index.ts';
import { answerSecrets } from '../../steps/support/answer-files.ts';
import { checkedXml } from '../../steps/support/checked-answer-file.ts';
import { installContext, installFile } from '../../steps/support/install-answer-file.ts';
import { sysprepXml } from '../../steps/support/sysprep-answer-file.ts';
import { kmsClientKey } from '../../unattend/kms-keys.ts';
import { SAMPLE, sampleText } from '../image/support.ts';
import { leaves, pythonTrees } from '../unattend/oracle.ts';
import { type RandomImage, randomImage } from './random-images.ts';

const SCHEMA = join(import.meta.dirname, '../unattend/schema/answer-file.xsd');
const PASSWORD = { PASSWORD: 'Passw0rd-of-the-image' };

/** The image of a file that differs from the sample in what answer files are made of. */
function imageOf({ windows, firmware, media, env }: RandomImage): Image {
  const sample = parse(sampleText);
  const file = {
    ...sample,
    hardware: { ...sample.hardware, firmware },
    media: { ...sample.media, ...media },
    windows,
  };
  const { image, problems } = loadText(SAMPLE, JSON.stringify(file), { env });
  assert.ok(image, `${problems.map(formatProblem).join('\n')}\n${JSON.stringify(windows)}`);
  return image;
}

function image(windows: RandomImage['windows'], env: RandomImage['env'] = PASSWORD): Image {
  const media = { files: [], drivers: [] };
  return imageOf({ windows: { version: '2022', ...windows }, firmware: 'efi', media, env });
}

/** What the steps make of an image: the bytes on the answer disc. */
async function installXml(config: Image, { evaluation = false, warn = (_: string) => {} } = {}): Promise<Buffer> {
  const wim = { index: 1, editionId: `Server${config.windows.edition}`, languages: [config.windows.uiLanguage] };
  const file = await installFile(config, { image: wim, evaluation }, await answerSecrets(config, new Redactor()));
  return checkedXml(file, installContext(config, wim, evaluation), warn);
}

/** The files that xmllint finds invalid, by their numbers, in one process for all. */
async function invalid(files: readonly Uint8Array[]): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-answer-files-'));
  try {
    const names = files.map((_, at) => `${at}.xml`);
    for (const [at, file] of files.entries()) await writeFile(join(folder, `${at}.xml`), file);
    const flags = ['--noout', '--nonet', '--schema', SCHEMA];
    const output = await new Promise<string>((resolve) => {
      const done = (_: unknown, __: string, errors: string) => resolve(errors);
      execFile('xmllint', [...flags, ...names], { cwd: folder, maxBuffer: 1 << 26 }, done);
    });
    const verdicts = [...output.matchAll(/^(\d+)\.xml (validates|fails to validate)$/gm)];
    assert.equal(verdicts.length, files.length, output.slice(0, 2000));
    return verdicts.flatMap(([, name, verdict]) => (verdict === 'validates' ? [] : [Number(name)]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the answer files of 500 random image files are valid by the schema and by the linter', async () => {
  const images = fc.sample(randomImage, { numRuns: 500, seed: 5 });
  const install: Buffer[] = [];
  const sysprep: Buffer[] = [];
  for (const random of images) {
    const config = imageOf(random);
    // The linter has its say in both: they fail at the first error.
    install.push(await installXml(config));
    sysprep.push(await sysprepXml(config, new Redactor(), () => undefined));
  }
  assert.deepEqual(await invalid(install), []);
  assert.deepEqual(await invalid(sysprep), []);
  const some = 100; // Python takes longer to hand over its trees than all else together
  const trees = pythonTrees([...install.slice(0, some), ...sysprep.slice(0, some)]);
  const [installed, sealed] = [trees.slice(0, some), trees.slice(some)];
  for (const [at, { windows, env }] of images.slice(0, some).entries()) {
    for (const tree of [installed[at], sealed[at]]) {
      const texts = tree === undefined ? [] : leaves(tree);
      assert.ok(texts.includes(String(windows.organization)), JSON.stringify(windows));
      assert.ok(!texts.some((text) => text.includes('env:')), 'a reference in place of its secret');
    }
    const joins = JSON.stringify(windows.sysprep ?? null).includes('env:JOIN');
    const texts = sealed[at] === undefined ? [] : leaves(sealed[at]);
    assert.ok(!joins || texts.includes(env.JOIN ?? ''), JSON.stringify(windows));
  }
});

test('evaluation media get no public key, and no key of the user', async () => {
  const withKey = async (productKey: string, evaluation: boolean) => {
    const config = image({ productKey }, { ...PASSWORD, KEY: kmsClientKey('2022', 'Standard') });
    return (await installXml(config, { evaluation })).includes('<ProductKey>');
  };
  assert.deepEqual([await withKey('kms', false), await withKey('kms', true)], [true, false]);
  assert.deepEqual([await withKey('none', false), await withKey('none', true)], [false, false]);
  assert.equal(await withKey('env:KEY', false), true);
  await assert.rejects(withKey('env:KEY', true), { code: 'unattend.lint' });
});

test('folders of drivers stand beside those of VMware Tools, each once', async () => {
  const config = imageOf({
    windows: { version: '2022' },
    firmware: 'efi',
    media: { files: [{ from: 'x', to: 'mine' }], drivers: ['mine/nic'] },
    env: PASSWORD,
  });
  const [tree] = pythonTrees([await installXml(config)]);
  const paths = (tree === undefined ? [] : leaves(tree)).filter((text) => /^[A-Z]:\\/.test(text));
  assert.equal(new Set(paths).size, paths.length);
  assert.deepEqual(
    paths.filter((path) => path.includes('mine')),
    ['D', 'E', 'F', 'G'].map((drive) => `${drive}:\\mine\\nic`),
  );
  assert.ok(paths.includes('D:\\Program Files\\VMware\\VMware Tools\\Drivers\\pvscsi\\Win8\\amd64'));
});

test('what the user asks for is warned of; what ingot writes on purpose is not', async () => {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  await installXml(image({}), { warn });
  await sysprepXml(image({}), new Redactor(), warn);
  assert.deepEqual(warnings, []);
  const shell = { OOBE: { SkipMachineOOBE: true } };
  const unattend = { install: { oobeSystem: { 'Microsoft-Windows-Shell-Setup': shell } } };
  await installXml(image({ unattend }), { warn });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^answer file of Windows Setup: unattend\.skip-oobe: .* found it set; /);
});
