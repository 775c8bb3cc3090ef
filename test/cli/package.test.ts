import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { bareEnv, emptyFolder, root } from './ingot.ts';

const run = promisify(execFile);

// The tarball is unpacked as npm would install it, with the dependencies of this checkout, so that no registry is asked;
// .ci/run installs it with npm itself.
test('the packed tarball runs in an empty folder', async (t) => {
  const folder = emptyFolder(t);
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  const [{ filename, files }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
  await run('tar', ['-xzf', filename], { cwd: folder });
  symlinkSync(join(folder, 'package'), join(modules, 'ingot'));
  const manifest = JSON.parse(readFileSync(join(folder, 'package/package.json'), 'utf8'));
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(folder, 'package/node_modules', name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(folder, 'package/node_modules', name));
  }

  const paths: string[] = files.map(({ path }: { path: string }) => path);
  assert.deepEqual(
    paths.filter((path) => !/^(dist|images)\/|^(README\.md|LICENSE|package\.json)$/.test(path)),
    [],
  );
  for (const path of [
    'dist/cli/main.js',
    'dist/cli/main.d.ts',
    'dist/scripts/state.ps1',
    'images/windows-server-20h2.yaml',
  ]) {
    assert.ok(paths.includes(path), path);
  }
  assert.ok(paths.some((path) => /^dist\/lab\/media\/.+\.iso$/.test(path)));

  const bin = join(modules, 'ingot', manifest.bin.ingot);
  const env = { ...bareEnv, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const ingot = (...args: readonly string[]) => run(bin, args, { cwd: folder, env });
  assert.equal((await ingot('--version')).stdout, `${manifest.version}\n`);
  await ingot('validate', join(modules, 'ingot/images/windows-server-20h2.yaml'));
  writeFileSync(join(folder, 'bad.yaml'), 'apiVersion: ingot/v2\n');
  await assert.rejects(ingot('validate', 'bad.yaml'), { code: 2 });
});
