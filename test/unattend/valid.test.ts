import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { installAnswerFile } from '../../unattend/install.ts';
import { exampleFile } from '../../unattend/lint/example.ts';
import { lintAnswerFile } from '../../unattend/lint.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { leaves, pythonTrees } from './oracle.ts';
import { installArbitrary, sysprepArbitrary } from './random-options.ts';

const SCHEMA = join(import.meta.dirname, 'schema/answer-file.xsd');

/** The files that xmllint finds invalid, by their numbers, in one process for all. */
async function invalid(files: readonly string[]): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ingot-answer-files-'));
  try {
    const names = files.map((_, index) => `${index}.xml`);
    // One after the other: a thousand at once cost ten times the processor time.
    for (const [index, file] of files.entries()) writeFileSync(join(folder, `${index}.xml`), file);
    const args = ['--noout', '--nonet', '--schema', SCHEMA, ...names];
    const output = await new Promise<string>((resolve) => {
      execFile('xmllint', args, { cwd: folder, maxBuffer: 1 << 26 }, (_error, _out, errors) => resolve(errors));
    });
    const verdicts = new Map(
      [...output.matchAll(/^(\d+)\.xml (validates|fails to validate)$/gm)].map(([, name, verdict]) => [name, verdict]),
    );
    assert.equal(verdicts.size, files.length, output.slice(0, 2000));
    return names.flatMap((_, index) => (verdicts.get(String(index)) === 'validates' ? [] : [index]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('every file of 500 random images is valid by the schema and by the linter', async () => {
  const install = fc.sample(installArbitrary, { numRuns: 500, seed: 5 });
  const sysprep = fc.sample(sysprepArbitrary, { numRuns: 500, seed: 5 });
  const models = [
    ...install.map((options) => ({ model: installAnswerFile(options), firmware: options.firmware })),
    ...sysprep.map((options) => ({ model: sysprepAnswerFile(options), firmware: undefined })),
  ];
  const files = models.map(({ model }) => writeAnswerFile(model));
  for (const [index, file] of files.entries()) {
    const firmware = models[index]?.firmware;
    const use = firmware === undefined ? 'sysprep' : 'install';
    const findings = lintAnswerFile(parseAnswerFile(file), { firmware, use });
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
      file,
    );
  }
  assert.deepEqual(await invalid(files), []);
  const trees = pythonTrees(files);
  for (const [index, { organization, owner }] of [...install, ...sysprep].entries()) {
    const texts = trees[index] === undefined ? [] : leaves(trees[index]);
    assert.ok(texts.includes(organization), organization);
    assert.ok(index >= install.length || texts.includes(owner), owner);
  }
});

test('the schema refuses what is no answer file', async () => {
  const at = 'specialize/Microsoft-Windows-Deployment';
  const right = exampleFile(
    { at, bad: '', good: '' },
    '<RunSynchronous><RunSynchronousCommand wcm:action="add" wcm:keyValue="1"/></RunSynchronous>',
  );
  const wrong = [
    right.replace('pass="specialize"', 'pass="special"'),
    right.replace('pass="specialize"', ''),
    right.replace('</settings>', '</settings><settings pass="specialize"/>'),
    right.replace(/component/g, 'part'),
    right.replace(' name="Microsoft-Windows-Deployment"', ''),
    right.replace('amd64', 'x64'),
    right.replace(' publicKeyToken="31bf3856ad364e35"', ''),
    right.replace('31bf3856ad364e35', '31BF3856AD364E35'),
    right.replace('neutral', ''),
    right.replace('nonSxS', 'none'),
    right.replace('action="add"', 'action="added"'),
    right.replace('keyValue="1"', 'keyValue=""'),
    right.replace('urn:schemas-microsoft-com:unattend', 'urn:example'),
    right.replace('<settings', '<setings/><settings'),
  ];
  for (const file of wrong) assert.notEqual(file, right);
  assert.deepEqual(
    await invalid([right, ...wrong]),
    wrong.map((_, index) => index + 1),
  );
});
