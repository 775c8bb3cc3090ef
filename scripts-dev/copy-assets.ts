// Copies into dist/ what the compiler leaves behind and the code reads beside itself: scripts for the guest and the
// lab's media. The last part of `npm run build`.
import { chmod, cp, glob, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
for await (const file of glob(['scripts/*.ps1', 'lab/media/*.iso', '{lab,vsphere,image}/**/*.json'], { cwd: root })) {
  const target = join(root, 'dist', file);
  await mkdir(dirname(target), { recursive: true });
  await cp(join(root, file), target);
}
await chmod(join(root, 'dist/cli/main.js'), 0o755);
