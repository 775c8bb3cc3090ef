import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertDone } from './built.ts';
import { openSite } from './site.ts';

const site = await openSite({ smokeTest: false });

test('a tools.conf that VMware Tools refuse is mended, and the lines that it was refused for are named', async () => {
  // As `'exclude-nics=' | Out-File` of PowerShell 5.1 leaves it: UTF-16, and without a group.
  await writeFile(join(site.folder, 'tools.conf'), Buffer.from('\ufeffexclude-nics=\r\n', 'utf16le'));
  const to = 'C:\\ProgramData\\VMware\\VMware Tools\\tools.conf';
  const file = await site.image('refused', {
    steps: [{ name: 'foreign', after: 'openssh', upload: { from: './tools.conf', to } }],
  });
  const built = await site.build(file);
  assertDone(built);
  assert.ok(built.ran.indexOf('foreign') < built.ran.indexOf('tools-conf'));
  const warnings = built.of('warning').map(({ message }) => message);
  assert.deepEqual(
    warnings.filter((message) => message.startsWith('tools.conf: ')),
    [
      'tools.conf: VMware Tools refused the file for this line, now a comment: line 1 (outside of any group): exclude-nics=',
    ],
  );
});
