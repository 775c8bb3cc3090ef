import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CACHED_ANSWER_FILE } from '../../lab/guest/paths.ts';
import { runSysprepTask } from '../../lab/guest/sysprep-task.ts';
import { freshWindows, type Windows } from '../../lab/guest/windows.ts';
import { ScenarioState } from '../../lab/scenario.ts';
import { Witness } from '../../lab/witness.ts';
import { sysprepAnswer } from './support/answer.ts';

const FILE = 'C:\\answers\\unattend.xml';
const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, Error {6}(\[0x[0-9a-f]{6}\] | {11})\S/;
const GENERALIZE =
  '<settings pass="generalize"><component name="Microsoft-Windows-Security-SPP" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS"><SkipRearm>1</SkipRearm></component></settings>';
const good = sysprepAnswer().replace('<settings', `${GENERALIZE}<settings`);

/** Runs Sysprep on a Windows that has this answer file; its last word. */
async function seal(answer: string, path = FILE): Promise<{ windows: Windows; verdict: Record<string, unknown> }> {
  const windows = freshWindows({ build: '20348.587', editionId: 'ServerStandard', installationType: 'Server' });
  windows.imageState = 'IMAGE_STATE_COMPLETE';
  windows.files.makeFolder('C:/answers');
  windows.files.makeFolder('C:/Windows/Panther');
  windows.files.write(path, answer);
  const witness = new Witness();
  let verdict: Record<string, unknown> = {};
  const publish = async (value: Record<string, unknown>) => {
    verdict = value;
    witness.tell(JSON.stringify(value)); // a client has read it
    windows.files.makeFolder('C:/ProgramData/ingot');
    if (value.state === 'failed') windows.files.write('C:/ProgramData/ingot/collected', ''); // and fetched the logs
  };
  const lab = { scenario: new ScenarioState({}), witness };
  const ends = await runSysprepTask({
    windows,
    run: 'r',
    unattend: path,
    harmless: [],
    remove: [],
    asSystem: false,
    publish,
    lab,
    signal: AbortSignal.timeout(5000),
  });
  assert.equal(ends, true, 'it switches itself off');
  return { windows, verdict };
}

test('a right answer file is kept for the next boot', async () => {
  const { windows, verdict } = await seal(good);
  assert.equal(verdict.state, 'succeeded');
  assert.equal(windows.files.read(CACHED_ANSWER_FILE)?.toString(), good);
});

const COMPLETE = 'IMAGE_STATE_COMPLETE';
const BROKEN = 'IMAGE_STATE_UNDEPLOYABLE';
for (const [name, answer, words, imageState, path] of [
  ['XML of something else', '<answers/>', /unable to deserialize it; status = 0x1, hrResult = 0x800705b9/, COMPLETE],
  ['a pass that there is not', good.replace('"oobeSystem"', '"oobe"'), /The answer file is invalid/, COMPLETE],
  ['no language attribute', good.replace(' language="neutral"', ''), /The answer file is invalid/, COMPLETE],
  [
    'a component of another pass in generalize',
    good.replace('Microsoft-Windows-Security-SPP', 'Microsoft-Windows-Setup'),
    /for pass \[generalize\]\. A component or setting .* does not exist/,
    BROKEN,
  ],
  ['a file that is in Panther already', good, /0x80070005/, COMPLETE, 'C:\\Windows\\Panther\\unattend.xml'],
] as const) {
  test(`Sysprep fails: ${name}`, async () => {
    const { windows, verdict } = await seal(answer, path);
    assert.equal(verdict.state, 'failed');
    assert.equal(verdict.tag, false);
    assert.equal(windows.imageState, imageState);
    const errors = Array.isArray(verdict.errors) ? verdict.errors.map(String) : [];
    const lines = errors.filter((line) => !/^(ImageState|Sysprep_succeeded|setupact)/.test(line));
    assert.ok(lines.length > 0 && lines.every((line) => LINE.test(line)), errors.join('\n'));
    assert.match(errors.join('\n'), words);
  });
}
