import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Scenario } from '../../lab/scenario.ts';
import { assertDone, assertFailed, type ExpectedFailure } from './built.ts';
import { answerDiscs, type Changes, openSite, vmNames } from './site.ts';

const site = await openSite({ smokeTest: false });
const { lab } = site;

interface Case extends ExpectedFailure {
  readonly scenario: Scenario;
  readonly changes?: Changes;
}

const goesOn = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOn\): the next build goes on with it$/;
const madeAnew = /^VM \/DC0\/vm\/[a-z-]+-master \(poweredOn\): the next build replaces it$/;
const disc =
  /^answer disc \[LocalDS_0\] ingot\/discs-[a-z-]+\/[0-9a-f]{32}\.iso: deleted as soon as Windows is installed, or with the VM$/;

async function fails(name: string, { scenario, changes, ...expected }: Case) {
  await lab.faults.scenario(scenario);
  const file = await site.image(name, changes);
  const built = await site.build(file);
  const failure = assertFailed(built, expected);
  assert.deepEqual(built.of('step-retry'), [], 'what cannot pass is not tried again');
  assert.ok(!(await vmNames(site)).includes(name), 'there must be no template');
  return { file, built, failure };
}

/** The same command once the cause is gone. */
async function buildAgain(file: string) {
  await lab.faults.scenario({});
  const built = await site.build(file);
  assertDone(built);
  return built;
}

suite('Windows Setup', () => {
  test('stands at a dialog: the error has the last word and a picture; the next build makes the VM anew', async () => {
    const { file, failure } = await fails('stuck', {
      scenario: { setup: { stuckAt: 'Select the operating system you want to install' } },
      changes: { timeouts: { install: '500ms' } },
      step: 'install-windows',
      code: 'windows.setup-stuck',
      message: /^expected Windows to be installed within 0\.5 s; last: nothing from inside yet$/,
      remedy: /look at the screenshot: Setup usually waits at a dialog/,
      evidence:
        /^screenshot: \.ingot\/stuck\/.*-stuck-master\.png\n“loading or searching for an unattend answer file”: /,
      left: [madeAnew],
    });
    assert.deepEqual(await answerDiscs(site), [], 'a VM that stays just to be looked at keeps no disc with a password');
    assert.equal(failure.timedOut, true);
    const picture = await readFile(join(site.folder, (failure.evidence?.[0] ?? '').replace('screenshot: ', '')));
    assert.equal(picture.subarray(1, 4).toString(), 'PNG');
    assert.ok(picture.includes('Select the operating system you want to install'));
    assert.doesNotMatch(await site.govc('datastore.ls', 'stuck-master'), /\.png/, 'the picture is not left in vCenter');

    const again = await buildAgain(file);
    assert.ok(again.ran.includes('create-vm'));
    assert.deepEqual(await answerDiscs(site), []);
  });

  test('would refuse the password at its very end: told before anything is made', async () => {
    await lab.faults.scenario({});
    const file = await site.image('weak', { windows: { administratorPassword: 'env:WEAK' } });
    const built = await site.build(file, { env: { WEAK: 'weak-words-only' } });
    assertFailed(built, {
      step: 'preflight',
      code: 'windows.administrator-password',
      message: /three of upper case, .* found fewer kinds$/,
      remedy: /choose another password/,
    });
    assert.ok(!(await vmNames(site)).some((name) => name.startsWith('weak')));
    assert.doesNotMatch(built.stdout + built.stderr, /weak-words-only/);
  });

  test('is over, but the bootstrap fails: its own words and lines', async () => {
    const { file } = await fails('bootstrap', {
      scenario: { bootstrap: { fails: 'OpenSSH Server could not be installed', evidence: ['DISM: 0x800f0950'] } },
      step: 'install-windows',
      code: 'windows.bootstrap',
      message: /found: OpenSSH Server could not be installed$/,
      remedy: /bootstrap\.log/,
      evidence: /^DISM: 0x800f0950$/,
      left: [madeAnew],
    });
    assert.deepEqual(await answerDiscs(site), []);
    assert.ok((await buildAgain(file)).ran.includes('create-vm'));
  });

  test('is over, but Windows does not shut down: the deadline says where to look; the next build goes on', async () => {
    const { file } = await fails('never-off', {
      scenario: { power: { neverOff: true } },
      changes: { timeouts: { shutdown: '500ms' } },
      step: 'install-windows',
      code: 'vsphere.deadline',
      message: /^expected never-off-master to shut down within /,
      remedy: /look at the console of never-off-master .* raise timeouts\.shutdown/,
      evidence: /asked to shut down, still on/,
      left: [goesOn, disc],
    });
    const again = await buildAgain(file);
    assert.ok(again.cached.includes('create-vm') && again.ran.includes('install-windows'));
    assert.deepEqual(await answerDiscs(site), []);
  });
});

suite('VMware Tools', () => {
  test('are too old', async () => {
    await fails('tools-old', {
      scenario: { tools: { version: '11.0.5.15389592' } },
      step: 'vmware-tools',
      code: 'vmware-tools.version',
      message: /^expected VMware Tools 11\.0\.6 or newer, found 11\.0\.5\.15389592$/,
      remedy: /name a newer Tools ISO in media\.toolsIso/,
      left: [goesOn],
    });
  });

  test('from a newer disc take their place', async () => {
    await lab.faults.scenario({});
    const old = await readFile(new URL('../../lab/media/vmware-tools-old.iso', import.meta.url));
    const fresh = await readFile(new URL('../../lab/media/vmware-tools.iso', import.meta.url));
    const iso = join(site.folder, 'tools.iso');
    await writeFile(iso, old);
    const changes = { media: { toolsIso: iso } };
    const file = await site.image('tools-disc', changes);
    assertFailed(await site.build(file), {
      step: 'vmware-tools',
      code: 'vmware-tools.version',
      message: /^expected VMware Tools 11\.0\.6 or newer, found /,
      remedy: /media\.toolsIso/,
      left: [goesOn],
    });
    await writeFile(iso, fresh);
    const again = await buildAgain(file);
    assert.ok(again.ran.includes('create-vm'), 'another disc is another VM');
  });

  test('would not start with Windows', async () => {
    await fails('tools-manual', {
      scenario: { tools: { startType: 'Manual' } },
      step: 'vmware-tools',
      code: 'vmware-tools.service',
      message: /to start automatically, found Running, Manual$/,
      remedy: /policy or a script of the image that changes the service VMTools/,
      left: [goesOn],
    });
  });
});

suite('the address', () => {
  test('stays link-local: what was seen, and where to look', async () => {
    await fails('link-local', {
      scenario: { network: { linkLocal: 'only' } },
      changes: { timeouts: { ip: '500ms' } },
      step: 'ip-address',
      code: 'vsphere.deadline',
      message: /^expected an IP address that is not link-local within /,
      remedy: /look for DHCP on the network VM Network/,
      evidence: /^only 169\.254\.\d+\.\d+$/,
      left: [goesOn],
    });
  });

  test('is link-local first and valid then', async () => {
    await lab.faults.scenario({ network: { linkLocal: 'first' } });
    const built = await site.build(await site.image('link-first'));
    assertDone(built);
    assert.match(built.proof('ip-address').join(), /^127\./);
  });
});

suite('SSH', () => {
  test('sshd refuses the key', async () => {
    await fails('refused', {
      scenario: { ssh: { refusesKey: true } },
      step: 'openssh',
      code: 'guest.auth',
      message:
        /^Expected the SSH server at 127\.\S+ to accept the key for the account Administrator, found it refused\.$/,
      remedy: /openssh\.privateKey .*must belong to one of openssh\.authorizedKeys/,
      evidence: /^offered: ssh-ed25519 SHA256:/,
      left: [goesOn],
    });
  });

  test('the host key differs from the pinned one: never tried again', async () => {
    await fails('host-key', {
      scenario: { ssh: { hostKey: 'differs' } },
      step: 'openssh',
      code: 'guest.host-key',
      message: /host key that the guest published over guestinfo \(\S+ SHA256:.+\), found \S+ SHA256:/,
      remedy: /Another machine answers at this address/,
      left: [goesOn],
    });
  });

  test('the ACL of the administrators’ keys is too wide for sshd: the remedy is the command that mends it', async () => {
    await fails('acl-refused', {
      scenario: { bootstrap: { keyAcl: 'wide' } },
      step: 'openssh',
      code: 'guest.auth',
      message: /to accept the key for the account Administrator, found it refused/,
      remedy: /icacls\.exe C:\\ProgramData\\ssh\\administrators_authorized_keys \/inheritance:r/,
      left: [goesOn],
    });
  });

  test('something widens the ACL of the administrators’ keys again', async () => {
    await fails('acl', {
      scenario: { openssh: { keyAcl: 'wide' } },
      step: 'openssh',
      code: 'openssh.acl',
      message: /^expected administrators_authorized_keys to be open to Administrators and SYSTEM only$/,
      remedy: /icacls\.exe .* find out what changes it back/,
      evidence: /^found O:BAG:SYD:AI\(.*;;;AU\)$/,
      left: [goesOn],
    });
  });
});
