import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { type RunningLab, startLab } from '../../lab/client.ts';
import { readScenario } from '../../lab/scenario.ts';
import { ingotHere } from '../cli/here.ts';
import { type Ended, ingot, root } from '../cli/ingot.ts';
import { PATH } from '../lab/support/tools.ts';
import { type Built, builtFrom } from './built.ts';
import type { Row } from './scenario-row.ts';
import { scenarioTable } from './scenario-table.ts';
import { writeImage } from './site.ts';

/** Tests that build with the same files of scenarios, and ask more of what comes out: not built a second time here. */
const deeper = ['settings', 'inside-failures', 'updates', 'reboots']
  .map((file) => readFileSync(join(import.meta.dirname, `${file}.test.ts`), 'utf8'))
  .join('\n');

/** What any of these builds may take on a busy machine, in milliseconds: none waits for a deadline of minutes. */
const within = 60_000;
const scenarios = join(root, 'lab/scenarios');
const names = readdirSync(scenarios).map((file) => file.replace(/\.yaml$/, ''));

/** As many as scenarios are built at a time; each is lent to one of them. */
const labs = await Promise.all(Array.from({ length: 3 }, () => startLab()));
after(() => Promise.all(labs.map((lab) => lab.stop())));

const folder = mkdtempSync(join(tmpdir(), 'ingot-test-scenarios-'));
after(() => rmSync(folder, { recursive: true, force: true }));
process.chdir(folder);
writeFileSync(join(folder, 'openssh.zip'), 'Win32-OpenSSH');
mkdirSync(join(folder, 'fod'));
writeFileSync(join(folder, 'fod', 'OpenSSH-Server-Package~31bf3856ad364e35~amd64~~.cab'), 'cab');
const certificate = ['-keyout', join(folder, 'root.key'), '-out', join(folder, 'root.pem'), '-days', '30'];
const subject = ['-subj', '/CN=Example Root', '-addext', 'basicConstraints=critical,CA:TRUE'];
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
execFileSync('openssl', ['req', '-x509', ...key, ...certificate, ...subject], { stdio: 'ignore' });

test('each scenario of the lab has its row, and each row its scenario; there are thirty at least', () => {
  assert.deepEqual(Object.keys(scenarioTable).sort(), names.sort());
  assert.ok(names.length >= 30);
  for (const [name, { fails, remedy, warning, retried, proof }] of Object.entries(scenarioTable)) {
    assert.equal(fails === undefined, remedy === undefined, `${name}: a failure has a remedy`);
    assert.ok([fails, warning, retried, proof].some(Boolean), `${name}: shows nowhere`);
  }
});

suite('each scenario, from the command line to its verdict', { concurrency: labs.length }, () => {
  const free = [...labs];
  for (const [name, row] of Object.entries(scenarioTable)) {
    if (!names.includes(name)) continue; // the first test has told
    if (deeper.includes(`'${name}'`)) continue;
    test(`${name}: ${row.fails?.[1] ?? 'done'}`, async () => {
      const smokeTest = { enabled: name.startsWith('clone-') };
      const file = await writeImage(folder, name, { smokeTest, ...row.changes });
      const lab = free.pop();
      assert.ok(lab, 'a lab is free');
      const built = builtFrom(await build(file, join(scenarios, `${name}.yaml`), lab));
      free.push(lab);
      assertRow(built, row);
      assert.ok(built.end.ms < within, `took ${built.end.ms} ms`);
      assertJournal(name, built);
      assertDiagnostics(built);
    });
  }
});

/** Faults of vCenter strike from the start of a lab on, so these have one of their own, as a person would start it. */
async function build(file: string, scenarioFile: string, lab: RunningLab): Promise<Ended> {
  const command = ['build', file, '--reporter', 'json'];
  const scenario = await readScenario(scenarioFile);
  if (scenario.faults !== undefined)
    return ingot([...command, '--lab', '--lab-scenario', scenarioFile], { cwd: folder, env: { PATH } });
  await lab.faults.scenario(scenario);
  return ingotHere(command, { PATH, ...lab.env });
}

function assertRow({ code, end, of, proof: proofOf }: Built, row: Row): void {
  const { fails, remedy, evidence, warning, retried, proof } = row;
  const told = JSON.stringify(end.failure, null, 2);
  if (fails === undefined) {
    assert.equal(code, 0, told);
    assert.equal(end.status, 'done');
  } else {
    const failed = of('step-failed').map(({ step }) => step);
    assert.deepEqual([...failed, end.failure?.code], fails, told);
    assert.equal(end.status, 'failed');
    assert.match(end.failure?.remedy ?? '', remedy ?? /./);
    if (evidence !== undefined) assert.match((end.failure?.evidence ?? []).join('\n'), evidence);
  }
  if (warning !== undefined) {
    const warnings = of('warning').map(({ message }) => message);
    assert.ok(
      warnings.some((message) => warning.test(message)),
      warnings.join('\n'),
    );
  }
  if (proof !== undefined)
    assert.match(proofOf(proof[0]).join('\n'), new RegExp(proof[1].source, `${proof[1].flags}m`));
  if (retried !== undefined)
    assert.deepEqual(
      of('step-retry').map(({ step, failure }) => `${step}: ${failure.code}`),
      [retried],
    );
}

/** What was seen stays on this machine: the journal of the build, whole, and a screenshot where one is told of. */
function assertJournal(name: string, { end }: Built): void {
  const journal = readFileSync(join(folder, '.ingot', name, `${end.build}.jsonl`), 'utf8');
  const last = JSON.parse(journal.trim().split('\n').at(-1) ?? '');
  assert.deepEqual([last.type, last.failure?.code], ['build-finished', end.failure?.code]);
  for (const line of end.failure?.evidence ?? []) {
    const [, picture] = /^screenshot: (.*)$/.exec(line) ?? [];
    if (picture !== undefined) assert.equal(readFileSync(join(folder, picture)).subarray(1, 4).toString(), 'PNG');
  }
}

/** Where there was a Windows that could be asked, what it says about the failure lies beside the journal. */
function assertDiagnostics({ end, ran, of, summary }: Built): void {
  const [failed] = of('step-failed');
  if (failed === undefined || !ran.includes('openssh') || end.failure?.timedOut) return;
  if (failed.step === 'sysprep') return; // it has switched Windows off
  assert.match(summary('diagnostics') ?? '', /\([1-9]\d* files\)$/);
}
