import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { emptyFolder, ingot, root } from './ingot.ts';

const foreign = (name: string) => join(root, 'test/unattend/foreign', `${name}.xml`);
const sysprep = join(root, 'test/unattend/openshift-sysprep.xml');

test('every finding of every file is a line with its place; the order is that of the files', async () => {
  const files = [foreign('packer-2019'), sysprep, foreign('image-builder')];
  const { code, stdout, stderr } = await ingot(['unattend', 'lint', ...files]);
  assert.equal(code, 2);
  const lines = stdout.trimEnd().split('\n');
  const found = lines.map((line) => /^(.*):(\d+):(\d+) (unattend\.[a-z-]+):( warning:)? \S.*; \S/.exec(line) ?? []);
  assert.ok(
    found.every(([whole]) => whole !== undefined),
    stdout,
  );
  const places = found.map(([, file = '', row, column]) => [files.indexOf(file), Number(row), Number(column)] as const);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]),
  );
  // The place is that of the element, as any editor counts.
  const [, file = '', row, column] = found.find(([, , , , code]) => code === 'unattend.computer-name') ?? [];
  assert.equal(file, foreign('image-builder'));
  const text = readFileSync(file, 'utf8').split(/\r?\n/)[Number(row) - 1] ?? '';
  assert.ok(text.slice(Number(column) - 1).startsWith('<ComputerName>'), text);
  assert.match(stderr, /^3 answer files checked: \d+ errors, \d+ warnings\.\n$/);
});

test('warnings alone are exit code 0, and nothing to tell is no line', async (t) => {
  const { code, stdout } = await ingot(['unattend', 'lint', foreign('cloud')]);
  assert.equal(code, 0);
  assert.match(stdout, /^(\S+ unattend\.skip-oobe: warning: .*\n){2}$/);
  const right = join(emptyFolder(t), 'right.xml');
  writeFileSync(right, '<unattend xmlns="urn:schemas-microsoft-com:unattend"/>');
  assert.deepEqual(await ingot(['unattend', 'lint', right]), {
    code: 0,
    stdout: '',
    stderr: '1 answer file checked: 0 errors, 0 warnings.\n',
  });
});

test('a file that is no answer file is a finding with a place, beside those of others', async (t) => {
  const folder = emptyFolder(t);
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
  write('open.xml', '<unattend xmlns="urn:schemas-microsoft-com:unattend">\n  <settings pass="specialize">\n');
  write('root.xml', '\n <project/>');
  write('doctype.xml', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>');
  write('bytes.xml', Buffer.from([0x3c, 0x61, 0xff]));
  write('empty.xml', '');
  write('large.xml', Buffer.alloc(9 << 20, ' '));
  mkdirSync(join(folder, 'folder.xml'));
  const names = ['open', 'root', 'doctype', 'bytes', 'empty', 'large', 'folder', 'none'].map((name) => `${name}.xml`);
  const { code, stdout, stderr } = await ingot(['unattend', 'lint', ...names, sysprep], { cwd: folder });
  assert.equal(code, 2);
  const told = stdout.split('\n').map((line) => line.split(': ')[0]);
  assert.deepEqual(told.slice(0, names.length), [
    'open.xml:3:1 unattend.xml',
    'root.xml:2:2 unattend.root',
    'doctype.xml:1:1 unattend.doctype',
    'bytes.xml:1:3 unattend.encoding',
    'empty.xml:1:1 unattend.xml',
    'large.xml:1:1 unattend.size',
    'folder.xml:1:1 unattend.unreadable',
    'none.xml:1:1 unattend.unreadable',
  ]);
  // Reading stops at the limit, so how large the file is is not known.
  assert.match(stdout, /^large\.xml:.* expected at most 8388608 bytes, found more;/m);
  assert.ok(told.slice(names.length).some((line) => line?.includes('openshift-sysprep.xml')));
  assert.doesNotMatch(stdout + stderr, /\n\s+at |root:x|undefined/);
});

test('--json is one array of the same findings', async () => {
  const files = [foreign('packer-2019'), 'none.xml'];
  const { code, stdout, stderr } = await ingot(['unattend', 'lint', '--json', ...files]);
  assert.deepEqual({ code, stderr }, { code: 2, stderr: '' });
  const findings: Record<string, unknown>[] = JSON.parse(stdout);
  const lines = (await ingot(['unattend', 'lint', ...files])).stdout.trimEnd().split('\n');
  assert.deepEqual(
    findings.map(({ file, line, column, code, severity, message, remedy }) => {
      const warning = severity === 'warning' ? ' warning:' : '';
      return `${file}:${line}:${column} ${code}:${warning} ${message}; ${remedy}`;
    }),
    lines,
  );
  assert.ok(findings.every(({ path }) => typeof path === 'string'));
  assert.equal(
    (await ingot(['unattend', 'lint', '--json', '--for', 'sysprep', foreign('sim')])).stdout.slice(0, 1),
    '[',
  );
});

test('flags say what the file does not', async (t) => {
  const file = join(emptyFolder(t), 'x.xml');
  const attributes =
    'processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS"';
  writeFileSync(
    file,
    `<unattend xmlns="urn:schemas-microsoft-com:unattend"><settings pass="specialize">
<component name="Microsoft-Windows-Shell-Setup" ${attributes}><ProductKey>VDYBN-27WPP-V4HQT-9VMD4-VMK7H</ProductKey></component>
</settings></unattend>`,
  );
  const codes = async (...flags: string[]) => {
    const { stdout } = await ingot(['unattend', 'lint', file, ...flags]);
    return [...stdout.matchAll(/ (unattend\.[a-z-]+):/g)].map(([, code]) => code);
  };
  assert.deepEqual(await codes(), []);
  assert.deepEqual(await codes('--windows', '2022', '--edition', 'Standard'), []);
  assert.deepEqual(await codes('--windows', '2019'), ['unattend.product-key-edition']);
  assert.deepEqual(await codes('--edition', 'Datacenter'), ['unattend.product-key-edition']);
  const efi = foreign('packer-2019');
  const layouts = async (...flags: string[]) => (await ingot(['unattend', 'lint', efi, ...flags])).stdout;
  assert.notEqual(await layouts('--firmware', 'efi'), await layouts('--firmware', 'bios'));
  const logon = foreign('packer-2019');
  assert.doesNotMatch((await ingot(['unattend', 'lint', logon])).stdout, /auto-logon-sysprep/);
  assert.match((await ingot(['unattend', 'lint', logon, '--for', 'sysprep'])).stdout, /auto-logon-sysprep/);
  assert.equal((await ingot(['unattend', 'lint', file, '--firmware', 'uefi'])).code, 2);
});

test('what a file holds does not act on the terminal', async (t) => {
  const file = join(emptyFolder(t), 'x.xml');
  writeFileSync(
    file,
    '<unattend xmlns="urn:schemas-microsoft-com:unattend"><settings pass="\u009b31m\u202eevil"/></unattend>',
  );
  const { stdout } = await ingot(['unattend', 'lint', file], { env: { FORCE_COLOR: '1' } });
  assert.match(stdout, /\\u009b31m\\u202eevil/);
  assert.doesNotMatch(stdout, /[\u009b\u202e]/);
  assert.ok(stdout.includes('\u001b[31munattend.pass:\u001b[39m'), stdout);
});
