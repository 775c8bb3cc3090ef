import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { emptyFolder, root } from './ingot.ts';

const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');

/** The code block on the page whose first line names the file. */
function blockOf(file: string): string {
  const blocks = [...page.matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```$/gm)];
  const code = blocks.find(([, name]) => name === file)?.[2];
  assert.ok(code !== undefined, `CONTRIBUTING.md has a block for ${file}`);
  return code;
}

test('the worked example compiles and does what it says', async (t) => {
  // A checkout of links, with the example's files where a reader would put them.
  const copy = emptyFolder(t);
  for (const name of [
    'node_modules',
    'common',
    'guest',
    'handover',
    'image',
    'iso',
    'pipeline',
    'unattend',
    'vsphere',
  ]) {
    symlinkSync(join(root, name), join(copy, name));
  }
  for (const name of ['package.json', 'tsconfig.json']) symlinkSync(join(root, name), join(copy, name));
  for (const room of ['steps', 'scripts']) cpSync(join(root, room), join(copy, room), { recursive: true });
  writeFileSync(join(copy, 'steps/power-plan.ts'), blockOf('steps/power-plan.ts'));
  writeFileSync(join(copy, 'scripts/power-plan.ps1'), blockOf('scripts/power-plan.ps1'));
  const config = { extends: './tsconfig.json', include: ['vsphere/*.d.ts', 'steps/power-plan.ts'] };
  writeFileSync(join(copy, 'tsconfig.example.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', join(copy, 'tsconfig.example.json')]);

  const { powerPlan } = await import(pathToFileURL(join(copy, 'steps/power-plan.ts')).href);
  let scheme = 'balanced';
  let wins = true;
  const guest = {
    run: async (name: string, parameters: { scheme: string }) => {
      assert.equal(name, 'power-plan.ps1');
      const changed = scheme !== parameters.scheme;
      if (wins) scheme = parameters.scheme;
      return { changed, scheme };
    },
  };
  const inputs = await powerPlan.inputs();
  const context = { inputs, config: { timeouts: { script: 1000 } }, guest: async () => guest, log: () => undefined };
  assert.deepEqual(await powerPlan.run(context), { changed: true, scheme: inputs.scheme });
  assert.deepEqual(await powerPlan.verify(context), [`power plan ${inputs.scheme} is active`]);
  scheme = 'balanced';
  wins = false;
  await assert.rejects(powerPlan.verify(context), { code: 'power-plan.scheme' });
});

test('the table of rooms names every room, and nothing else', () => {
  const rows = [...page.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, room]) => room);
  const { include }: { include: readonly string[] } = JSON.parse(
    readFileSync(join(root, 'tsconfig.build.json'), 'utf8'),
  );
  assert.deepEqual(rows.toSorted(), include.toSorted());
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const room of rows)
    assert.ok(
      folders.some(({ name }) => name === room),
      room,
    );
});

test('what README and CONTRIBUTING point to is there: files, npm scripts', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const whole of [page, readFileSync(join(root, 'README.md'), 'utf8')]) {
    const text = whole.replace(/^```(\w*)\n[\s\S]*?^```$/gm, (block, language) => (language === 'sh' ? block : ''));
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g))
      assert.ok(existsSync(join(root, target)), target);
    for (const [, script = ''] of text.matchAll(/npm run ([\w:]+)/g)) assert.ok(script in scripts, `npm run ${script}`);
  }
});
