import assert from 'node:assert/strict';
import test from 'node:test';
import { createReporter, type ReporterName } from '../../reporters/choose.ts';
import { paths } from './replays.ts';
import { endings, scenario } from './scenario.ts';
import { Screen } from './screen.ts';

const serializers = [(value: unknown) => String(value)];

/** What a reporter writes for the scenario, byte for byte. */
async function written(
  name: ReporterName,
  ending: (typeof endings)[number],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const chunks: string[] = [];
  const output = Object.assign(new Screen(100, 40), { write: (chunk: string) => chunks.push(chunk) > 0, isTTY: false });
  const reporter = await createReporter(name, { output, env, ...paths });
  for (const event of scenario(ending)) reporter.listener(event);
  await reporter.close();
  return chunks.join('');
}

for (const ending of endings) {
  test(`plain: ${ending}`, async (t) => {
    const text = await written('plain', ending);
    t.assert.snapshot(text, { serializers });
    assert.doesNotMatch(text, /\p{Cc}(?<!\n)/u);
  });

  test(`json: ${ending}`, async () => {
    const lines = (await written('json', ending)).split('\n');
    assert.equal(lines.pop(), '');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      JSON.parse(JSON.stringify(scenario(ending))),
    );
  });
}

test('plain: progress is thinned out', async () => {
  const lines = (await written('plain', 'done')).split('\n').filter((line) => line.includes('of 5.0 GiB ('));
  assert.equal(scenario('done').filter((e) => e.type === 'step-progress' && e.unit === 'bytes').length, 51);
  assert.deepEqual(
    lines.map((line) => line.slice(0, 9)),
    ['05:12:00Z', '05:12:15Z', '05:12:30Z', '05:12:45Z'],
  );
});

test('plain in GitHub Actions: groups, annotations, and no command out of foreign text', async (t) => {
  const text = await written('plain', 'failed', { GITHUB_ACTIONS: 'true' });
  t.assert.snapshot(text, { serializers });
  const commands = text.split('\n').filter((line) => line.trimStart().startsWith('::'));
  assert.deepEqual(commands.filter((line) => line.startsWith('::error')).length, 1);
  assert.equal(
    commands.filter((line) => line.startsWith('::group::')).length,
    commands.filter((line) => line === '::endgroup::').length,
  );
});

test('plain in GitLab CI: sections with names of their own, each closed', async () => {
  const text = await written('plain', 'failed', { GITLAB_CI: 'true' });
  const names = (what: string) =>
    [...text.matchAll(new RegExp(`section_${what}:\\d+:(\\w+)\\r`, 'g'))].map(([, name]) => name);
  assert.ok(names('start').length >= 5);
  assert.equal(new Set(names('start')).size, names('start').length);
  assert.deepEqual(names('start'), names('end'));
});

test('colour: only where it is wanted', async () => {
  const colored = async (env: NodeJS.ProcessEnv) => (await written('plain', 'failed', env)).includes('\u001B[');
  assert.equal(await colored({}), false, 'not a terminal');
  assert.equal(await colored({ FORCE_COLOR: '1' }), true);
  assert.equal(await colored({ FORCE_COLOR: '0' }), false);
  assert.equal(await colored({ NO_COLOR: '1' }), false);
});
