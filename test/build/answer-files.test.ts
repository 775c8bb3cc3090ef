import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { kmsClientKey } from '../../unattend/kms-keys.ts';
import { ingot } from '../cli/ingot.ts';
import { assertDone, assertFailed } from './built.ts';
import { openSite } from './site.ts';

const site = await openSite({ smokeTest: false });

const RDP = 'Microsoft-Windows-TerminalServices-LocalSessionManager';
const ASSISTANCE = 'Microsoft-Windows-RemoteAssistance-Exe';
const SHELL = 'Microsoft-Windows-Shell-Setup';

/** Uses all that an image file can say about answer files. */
const everything = {
  computerName: 'builder',
  timeZone: 'W. Europe Standard Time',
  inputLocale: '0407:00010407',
  recoveryPartition: true,
  network: {
    interfaces: [{ identifier: 'Ethernet0', dnsServers: ['192.0.2.53'], addresses: ['192.0.2.10/24'] }],
    dnsSuffix: 'build.example.com',
  },
  sysprep: {
    computerName: '*',
    extendOsPartition: true,
    network: { dnsSuffixes: ['example.com', 'corp.example.com'] },
    domainJoin: {
      domain: 'corp.example.com',
      organizationalUnit: 'OU=Nodes,DC=corp,DC=example,DC=com',
      credentials: { username: 'CORP\\joiner', password: 'env:PLANTED_JOIN' },
    },
  },
  unattend: {
    install: { specialize: { [RDP]: { fDenyTSConnections: false }, [ASSISTANCE]: { fAllowToGetHelp: false } } },
    sysprep: {
      oobeSystem: {
        [SHELL]: {
          RegisteredOwner: { secret: 'env:PLANTED_OWNER' },
          UserAccounts: {
            LocalAccounts: {
              LocalAccount: [
                {
                  Name: 'operator',
                  Group: 'Administrators',
                  Password: { Value: { secret: 'env:PLANTED_OPERATOR' }, PlainText: true },
                },
              ],
            },
          },
        },
      },
    },
  },
};
/** Setup stands still at what should have been refused before. */
const timeouts = { install: '5s' };

const env = {
  PLANTED_JOIN: `Zq7&<join>"'pass word`,
  PLANTED_OWNER: 'planted & owner 0815',
  PLANTED_OPERATOR: ']]>plantedOperator<',
};
const secrets = Object.values(env);

function leaked(text: string): string[] {
  const forms = (secret: string) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    Buffer.from(secret).toString('base64'),
  ];
  return secrets.filter((secret) => forms(secret).some((form) => text.includes(form)));
}

/** The host name that VMware Tools report of a clone of the template that govc made and started. */
async function nameOfClone(template: string): Promise<string> {
  const clone = `${template}-clone`;
  await site.govc('vm.clone', '-vm', template, '-on=true', clone);
  await site.govc('vm.ip', '-wait', '20s', clone);
  const { virtualMachines } = z
    .object({ virtualMachines: z.tuple([z.object({ guest: z.object({ hostName: z.string() }) })]) })
    .parse(JSON.parse(await site.govc('vm.info', '-json', clone)));
  await site.govc('vm.destroy', clone);
  return virtualMachines[0].guest.hostName;
}

test('a build with all settings of answer files ends well; its secrets are in no output and no journal', async () => {
  const file = await site.image('everything', { windows: everything });
  const built = await site.build(file, { env });
  assertDone(built);
  assert.match(built.proof('install-windows')[0] ?? '', /computer name builder$/);
  const warnings = built.of('warning').map(({ message }) => message);
  const told = (code: string) => warnings.filter((message) => message.includes(`Sysprep: ${code}: `)).length;
  assert.deepEqual([told('unattend.credentials'), told('unattend.password-plain')], [1, 1], warnings.join('\n'));
  assert.equal(told('unattend.skip-oobe'), 0, 'what ingot writes on purpose is no warning');
  assert.deepEqual(leaked(built.stdout + built.stderr), []);
  const state = join(site.folder, '.ingot');
  const journals = (await readdir(state, { recursive: true })).filter((name) => name.endsWith('.jsonl'));
  assert.equal(journals.length, 1);
  for (const name of journals) assert.deepEqual(leaked(await readFile(join(state, name), 'utf8')), []);

  // The answer file says `*`, and Windows invents a name.
  assert.match(await nameOfClone('everything'), /^WIN-[A-Z0-9]{11}$/);
});

test('a setting in the wrong pass is refused with its line, before anything is started', async () => {
  const unattend = { sysprep: { specialize: { [SHELL]: { UserAccounts: {} } } } };
  const file = await site.image('misplaced', { windows: { unattend } });
  const line = (await readFile(file, 'utf8')).split('\n').findIndex((text) => text.includes('UserAccounts')) + 1;
  const told = `${file}:${line}:13 windows.unattend.sysprep.specialize.${SHELL}.UserAccounts: expected UserAccounts of ${SHELL} in auditSystem or oobeSystem, found it in specialize; `;
  const validated = await ingot(['validate', file], { env: site.lab.env });
  assert.equal(validated.code, 2);
  assert.ok(validated.stdout.includes(told), validated.stdout);
  const built = await site.show(file, { env });
  assert.deepEqual([built.code, built.stdout], [2, '']);
  assert.ok(built.stderr.includes(told), built.stderr);
});

test('the key of another edition fails the step that would use it, and is not told', async () => {
  const key = kmsClientKey('20H2', 'Datacenter');
  const built = await site.build(await site.image('other-key', { windows: { productKey: 'env:THE_KEY' }, timeouts }), {
    env: { THE_KEY: key },
  });
  assertFailed(built, {
    step: 'answer-disc',
    code: 'unattend.lint',
    message: /^expected an answer file that Windows Setup can use, found a mistake in it$/,
    remedy: /Use the key of the version and edition/,
    evidence:
      /^unattend\.product-key-edition: .*expected the key of Windows Server 20H2 Standard, found that of 20H2 Datacenter; /,
  });
  assert.ok(!(built.stdout + built.stderr).includes(key));
});

test('every mistake of either file is told before Windows is installed', async () => {
  const shell = { ComputerName: 'longer-than-it-may-be', TimeZone: 'Europe/Berlin' };
  const unattend = { sysprep: { specialize: { [SHELL]: shell } } };
  const built = await site.build(await site.image('mistaken', { windows: { unattend }, timeouts }));
  const failure = assertFailed(built, {
    step: 'answer-disc',
    code: 'unattend.lint',
    message: /^expected an answer file that Sysprep can use, found 2 mistakes in it$/,
    remedy: /ingot unattend show/,
  });
  assert.deepEqual(
    failure.evidence?.map((line) => line.split(':')[0]),
    ['unattend.time-zone', 'unattend.computer-name'],
  );
});
