import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { bareEnv, ingot, root } from '../cli/ingot.ts';
import { PATH } from '../lab/support/tools.ts';
import { openSite, vmNames } from './site.ts';

const site = await openSite();
const { lab } = site;

const planted: Readonly<Record<string, string>> = {
  PLANTED_PASSWORD: `Zq7&<planted>"'pass word`,
  PLANTED_TOKEN: 'ghp_plantedTokenForTheStep0815',
  PLANTED_KEY: 'BCDFG-HJKMN-PQRTV-WXY23-46789',
  PLANTED_JOIN: "plantedJoin]]>&'0815",
  PLANTED_SETTING: 'planted <setting> of a "component"',
  PLANTED_OPERATOR: 'planted & operator',
};
const secrets = new Map<string, string>([
  ...Object.entries(planted),
  ['the password of vCenter', lab.env.INGOT_VCENTER_PASSWORD ?? ''],
  ...(lab.env.INGOT_SSH_PRIVATE_KEY ?? '')
    .split('\n')
    .filter((line) => line.length > 20 && !line.startsWith('-----'))
    .map((line, at) => [`line ${at + 1} of the private key`, line] as const),
]);

/** The middle of the base64 of bytes that stand anywhere in others: the characters that do not depend on the neighbours. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const from = before === 0 ? 0 : before + 1;
    return text.slice(from, text.length - 4);
  });
}

/** A secret as it may stand somewhere: plain, escaped, UTF-16, base64, and as Windows encodes passwords. */
function formsOf(secret: string): Buffer[] {
  const utf8 = Buffer.from(secret, 'utf8');
  const utf16 = Buffer.from(secret, 'utf16le');
  const windows = ['AdministratorPassword', 'Password'].map((suffix) =>
    Buffer.from(secret + suffix, 'utf16le').toString('base64'),
  );
  const escapes = [
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ];
  const texts = [...escapes, ...windows, ...base64Forms(utf8), ...base64Forms(utf16)];
  return [utf8, utf16, ...texts.map((text) => Buffer.from(text))];
}

/** What only the answer file of the clones holds. */
const joined = ['PLANTED_JOIN', 'PLANTED_OPERATOR'];

const forms = [...secrets].map(([name, secret]) => [name, formsOf(secret)] as const);

function leaks(place: string, content: Buffer | string): string[] {
  const bytes = Buffer.from(content);
  return forms.filter(([, all]) => all.some((form) => bytes.includes(form))).map(([name]) => `${name} in ${place}`);
}

async function leaksInFiles(folder: string, place: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  assert.ok(files.length > 0, folder);
  return (await Promise.all(files.map(async (file) => leaks(`${place}${file}`, await readFile(file))))).flat();
}

/** All that a build leaves in vCenter and on this machine. */
async function leaksLeft(): Promise<string[]> {
  const vms = await vmNames(site);
  const infos = await Promise.all(
    vms.map(async (name) => leaks(`VM ${name}`, await site.govc('vm.info', '-json', name))),
  );
  const tasks = leaks('tasks of vCenter', await site.govc('tasks', '-n', '200'));
  const state = dirname(lab.env.INGOT_VAR_vcenter_ca ?? '');
  const datastores = (await readdir(state)).filter((name) => name.startsWith('govcsim-'));
  assert.ok(datastores.length > 0);
  const files = await Promise.all(datastores.map((name) => leaksInFiles(join(state, name), 'datastore: ')));
  return [...infos.flat(), ...tasks, ...files.flat(), ...(await leaksInFiles(join(site.folder, '.ingot'), ''))];
}

const operator = { Value: { secret: 'env:PLANTED_OPERATOR' }, PlainText: true };

const image = (changes = {}) =>
  site.image('planted', {
    windows: {
      administratorPassword: 'env:PLANTED_PASSWORD',
      productKey: 'env:PLANTED_KEY',
      sysprep: {
        domainJoin: { domain: 'example.com', credentials: { username: 'joiner', password: 'env:PLANTED_JOIN' } },
      },
      unattend: {
        install: { specialize: { 'Microsoft-Windows-Shell-Setup': { OEMName: { secret: 'env:PLANTED_SETTING' } } } },
        sysprep: {
          oobeSystem: {
            'Microsoft-Windows-Shell-Setup': {
              UserAccounts: { LocalAccounts: { LocalAccount: [{ Name: 'a', Password: operator }] } },
            },
          },
        },
      },
    },
    steps: [
      {
        name: 'join',
        powershell: "Write-Output 'joining'",
        parameters: {
          user: 'svc',
          token: { secret: 'env:PLANTED_TOKEN' },
          nested: [{ deep: { secret: 'env:PLANTED_PASSWORD' } }],
        },
      },
    ],
    ...changes,
  });

/** `ingot build` on a terminal, so that the tree is drawn. */
function buildOnTerminal(file: string): Promise<{ code: number; output: string }> {
  const python = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
  const command = [process.execPath, join(root, 'cli/main.ts'), 'build', file, '--reporter', 'terminal'];
  const env = { ...bareEnv, TERM: 'xterm-256color', PATH, ...lab.env, ...planted };
  return new Promise((resolve) => {
    const child = execFile('python3', ['-c', python, ...command], { cwd: site.folder, env }, (_, output) =>
      resolve({ code: child.exitCode ?? -1, output }),
    );
  });
}

test('the search finds a secret in each of its forms', () => {
  const secret = secrets.get('PLANTED_PASSWORD') ?? '';
  for (const text of [
    `x${secret}y`,
    Buffer.from(`abc${secret}`, 'utf16le'),
    Buffer.from(`a${JSON.stringify({ password: 'x', deep: secret.slice(0, 3) })}${secret}zz`).toString('base64'),
    Buffer.from(`${secret}Password`, 'utf16le').toString('base64'),
    JSON.stringify({ secret }),
  ]) {
    assert.deepEqual(leaks('it', text), ['PLANTED_PASSWORD in it']);
  }
  assert.deepEqual(leaks('it', 'nothing of interest'), []);
});

suite('secrets are nowhere', () => {
  test('a build that fails at its end, as plain lines', async () => {
    await lab.faults.scenario({ sysprep: { outcome: 'fails' } });
    const shown = await site.show(await image(), { flags: ['--reporter', 'plain'], env: planted });
    assert.equal(shown.code, 1);
    assert.match(shown.stdout, /sysprep\.failed/);
    assert.deepEqual(leaks('the output', shown.stdout + shown.stderr), []);
    assert.deepEqual(await leaksLeft(), []);
  });

  test('a build that ends with a template, as events', async () => {
    await lab.faults.scenario({});
    const built = await site.build(await image(), { env: planted });
    assert.equal(built.code, 0, built.stdout);
    assert.deepEqual(leaks('standard output', built.stdout), []);
    assert.deepEqual(leaks('standard error', built.stderr), []);
    assert.deepEqual(await leaksLeft(), []);
  });

  test('a build that fails in a step with secret parameters, on a terminal', async () => {
    await lab.faults.scenario({ scripts: { 'user-join.ps1': { fails: 'the domain refused the token' } } });
    const file = await image({ template: { name: 'planted-2' }, name: 'planted-2' });
    const { code, output } = await buildOnTerminal(file);
    assert.equal(code, 1, output);
    assert.match(output, /user-join\.ps1 failed: the domain refused the token/);
    assert.deepEqual(leaks('the terminal', output), []);
    assert.deepEqual(await leaksLeft(), []);
  });

  test('a plan', async () => {
    const env = { PATH, ...lab.env, ...planted };
    const { code, stdout, stderr } = await ingot(['plan', await image(), '--json'], { cwd: site.folder, env });
    assert.equal(code, 0, stderr);
    assert.deepEqual(leaks('the plan', stdout + stderr), []);
  });

  for (const pass of ['install', 'sysprep']) {
    test(`the answer file of ${pass}, shown`, async () => {
      const env = { PATH, ...lab.env, ...planted };
      const show = ['unattend', 'show', await image(), '--pass', pass];
      const { code, stdout, stderr } = await ingot(show, { cwd: site.folder, env });
      assert.equal(code, 0, stderr);
      assert.deepEqual(leaks('what is shown', stdout + stderr), []);
      const revealed = await ingot([...show, '--reveal'], { cwd: site.folder, env });
      const names = ['PLANTED_PASSWORD', ...(pass === 'install' ? ['PLANTED_KEY', 'PLANTED_SETTING'] : joined)];
      assert.deepEqual(
        leaks('it', revealed.stdout).map((leak) => leak.replace(' in it', '')),
        names,
      );
    });
  }

  test('an answer file that is refused', async () => {
    const file = await image({
      name: 'planted-3',
      template: { name: 'planted-3' },
      windows: { productKey: 'env:PLANTED_TOKEN' },
      timeouts: { install: '5s' },
    });
    const built = await site.build(file, { env: planted });
    assert.equal(built.end.failure?.code, 'unattend.lint');
    assert.deepEqual(leaks('the events', built.stdout + built.stderr), []);
  });

  test('another token is another fingerprint, though it is nowhere', async () => {
    await lab.faults.scenario({});
    const built = await site.build(await image(), { env: { ...planted, PLANTED_TOKEN: 'another token than before' } });
    assert.equal(built.code, 0, built.stdout);
    assert.ok(built.ran.includes('join'));
    assert.ok(built.cached.includes('install-windows'));
  });
});
