import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readScenario } from '../../lab/scenario.ts';
import { assertDone, assertFailed, type Built, type ExpectedFailure } from './built.ts';
import { type Changes, openSite } from './site.ts';

const site = await openSite({ smokeTest: false });
const { lab } = site;

/** Builds with ready scenarios of the lab, all at once; builds of one name go on with the same VM. */
async function buildWith(scenarios: readonly string[], changes: Changes = {}, name = 'inside') {
  const read = scenarios.map((scenario) =>
    readScenario(fileURLToPath(new URL(`../../lab/scenarios/${scenario}.yaml`, import.meta.url))),
  );
  await lab.faults.scenario(Object.assign({}, ...(await Promise.all(read))));
  return site.build(await site.image(name, changes));
}

const goesOn = /-master \(poweredOn\): the next build goes on with it$/;
const madeAnew = /-master \(poweredOn\): the next build replaces it$/;
const warnings = (built: Built) => built.of('warning').map(({ message }) => message);

test('what an image may have wrong is put right, and what it asks for is there: one build', async () => {
  const { folder } = site;
  const archive = Buffer.from('Docker');
  await Promise.all([
    writeFile(join(folder, 'openssh.zip'), 'Win32-OpenSSH'),
    writeFile(join(folder, 'docker.zip'), archive),
  ]);
  const scenarios = [
    'firewall-rule-twice',
    'tools-conf-read-only',
    'sshd-config-match-first',
    'clock-a-year-behind',
    'daemon-json-of-the-image',
  ];
  const rules = [
    { name: 'ContainerLogsPort', port: 10250 },
    {
      ...{ name: 'Nodes', port: '30000-32767', profiles: ['Private', 'Domain'] },
      remoteAddresses: ['10.0.0.0/8', 'LocalSubnet'],
    },
    { name: 'No telemetry', port: 443, direction: 'Outbound', action: 'Block', program: 'C:\\x\\telemetry.exe' },
  ];
  const changes = {
    firewall: { rules },
    docker: {
      ...{ archive: './docker.zip', sha256: createHash('sha256').update(archive).digest('hex') },
      daemon: { 'log-driver': 'json-file', 'log-opts': { 'max-file': '3' } },
    },
    openssh: { archive: './openssh.zip', sshdConfig: { PasswordAuthentication: false, MaxAuthTries: 3 } },
  };
  const built = await buildWith(scenarios, changes, 'mended');
  assertDone(built);
  assert.deepEqual(built.proof('firewall'), [
    'rule ContainerLogsPort: TCP 10250 inbound, Allow, edge traversal Allow, profile Any',
    'rule Nodes: TCP 30000-32767 inbound, Allow, edge traversal Allow, profile Domain,Private',
    'rule No telemetry: TCP 443 outbound, Block, edge traversal Block, profile Any',
  ]);
  assert.deepEqual(built.proof('docker'), [
    'docker 20.10.9: service Running, Automatic, answers',
    'daemon.json: log-driver, log-opts',
  ]);
  assert.deepEqual(built.proof('tools-conf'), [
    '[guestinfo] exclude-nics= in tools.conf; VMware Tools read it so',
    'only Administrators and SYSTEM may write to tools.conf',
    'VMware Tools 12.3.5.22544099: Running, Automatic',
  ]);
  assert.match(built.proof('openssh')[2] ?? '', /^sshd_config: Port \d+, PasswordAuthentication no, MaxAuthTries 3;/);
  assert.match(built.proof('openssh')[3] ?? '', /^Ethernet0 \(Up\): 127\.\S+; gateway .*; network profile Public$/);
  assert.deepEqual(warnings(built), [
    'the clock of Windows was 365 days behind and was put right before anything was installed: look at the clock of the ESXi host',
    'sshd_config: not for all logins, which a block takes out of it: Match Group administrators: PasswordAuthentication yes',
  ]);
});

suite('OpenSSH Server', () => {
  const archive = async (): Promise<Changes> => {
    await writeFile(join(site.folder, 'openssh.zip'), 'Win32-OpenSSH');
    return { openssh: { archive: './openssh.zip' } };
  };
  const packages = async (name: string, ...files: string[]): Promise<Changes> => {
    await mkdir(join(site.folder, name), { recursive: true });
    for (const file of files) await writeFile(join(site.folder, name, file), 'cab');
    return { openssh: { featuresOnDemand: `./${name}` } };
  };
  const PACKAGE = 'OpenSSH-Server-Package~31bf3856ad364e35~amd64~~.cab';

  test('comes from the archive where WSUS keeps the capability away, and says so', async () => {
    const built = await buildWith(['capability-refused-archive-used'], await archive(), 'archive');
    assertDone(built);
    const [warning = ''] = warnings(built);
    assert.match(
      warning,
      /^OpenSSH Server came from archive, not from capability: 0x800f0954, WSUS stands in the way: .*; to have it: allow Windows Update/,
    );
  });

  test('comes from nowhere: each way with its reason and its remedy; the next build installs anew', async () => {
    const changes = await packages('fod', PACKAGE, 'Other-Package~31bf3856ad364e35~amd64~~.cab');
    assertFailed(await buildWith(['openssh-no-source'], changes, 'nowhere'), {
      step: 'install-windows',
      code: 'openssh.sources',
      message: /from one of capability, features-on-demand, found that none works\.$/,
      remedy:
        /capability: a policy forbids Windows Update .*features-on-demand: the source does not hold the package.*same Windows version/,
      evidence: /^capability: 0x8024002e .*\nfeatures-on-demand: 0x800f081f/,
      left: [madeAnew],
    });
    const built = await buildWith(
      [],
      { openssh: { featuresOnDemand: './fod', sources: ['features-on-demand'] } },
      'nowhere',
    );
    assertDone(built);
    assert.deepEqual(warnings(built), []);
  });

  test('a folder without the package is told before anything is built', async () => {
    const built = await buildWith([], await packages('empty', 'readme.txt'), 'empty');
    assert.equal(built.end.failure?.code, 'openssh.features-on-demand');
    assert.match(built.end.failure?.remedy ?? '', /Languages and Optional Features/);
  });
});

test('the setup of VMware Tools that stays busy: a picture of what it says', async () => {
  assertFailed(await buildWith(['tools-setup-busy'], { timeouts: { install: '700ms' } }, 'busy'), {
    step: 'install-windows',
    code: 'windows.setup-stuck',
    message: /^expected Windows to be installed within /,
    remedy: /look at the screenshot/,
    evidence: /^screenshot: /,
    left: [madeAnew],
  });
});

// One VM from here on: what a build has done, the next one keeps.
interface Case {
  readonly name: string;
  readonly scenario?: string;
  readonly changes?: Changes;
  readonly expected: Omit<ExpectedFailure, 'left'>;
}

const CASES: readonly Case[] = [
  {
    name: 'another machine has the address of the VM',
    scenario: 'address-duplicate',
    expected: {
      step: 'openssh',
      code: 'ip-address.duplicate',
      message: /^expected 127\.\S+ to be the VM’s alone, found that Windows saw another machine with it$/,
      remedy: /look for a second machine or lease/,
      evidence: /^Ethernet0 \(Up\): no valid address; gateway 127\.0\.0\.1; DNS /,
    },
  },
  {
    name: 'a keyword that sshd does not know is refused by sshd itself',
    changes: { openssh: { sshdConfig: { PaswordAuthentication: false } } },
    expected: {
      step: 'openssh',
      code: 'openssh.sshd-config',
      message:
        /^expected sshd to accept the options of openssh\.sshdConfig, found that it refuses them; the old file stays$/,
      remedy: /^correct openssh\.sshdConfig in the image file/,
      evidence: /sshd -t .*line \d+: Bad configuration option: PaswordAuthentication/,
    },
  },
  {
    name: 'every user may write to tools.conf',
    scenario: 'tools-conf-acl-wide',
    expected: {
      step: 'tools-conf',
      code: 'tools-conf.acl',
      message: /^expected only Administrators and SYSTEM to be able to write to tools\.conf$/,
      remedy: /software in the image that changes the access list of tools\.conf/,
      evidence: /^may write: S-1-5-32-545$/m,
    },
  },
  {
    name: 'a download has another digest: what was expected, found, and where it came from',
    scenario: 'docker-digest-wrong',
    expected: {
      step: 'docker',
      code: 'docker.digest',
      message: /^expected the archive of docker to have the SHA-256 of the image file, found another$/,
      remedy: /compare the file with its publisher/,
      evidence: /Expected the SHA-256 [0-9a-f]{64} for https:\/\/download\.docker\.com\/\S+, found 5f4dcc3b/,
    },
  },
  {
    name: 'a setting that dockerd does not know is refused by dockerd itself',
    changes: { docker: { version: '26.1.0', daemon: { debg: true } } },
    expected: {
      step: 'docker',
      code: 'docker.daemon-json',
      message: /^expected dockerd to accept the settings of docker\.daemon, found that it refuses them$/,
      remedy: /^correct docker\.daemon in the image file/,
      evidence: /dockerd --validate .* directives don't match any configuration option: debg/,
    },
  },
  {
    name: 'a group policy ignores local firewall rules',
    scenario: 'firewall-policy-ignores-rules',
    expected: {
      step: 'firewall',
      code: 'firewall.group-policy',
      message: /found a group policy that ignores them in Domain, Private, Public$/,
      remedy: /^allow local rules to be merged in that policy/,
      evidence: /^AllowLocalFirewallRules of Domain: false$/m,
    },
  },
  {
    name: 'a firewall rule is changed back',
    scenario: 'firewall-policy-disables-rules',
    changes: { firewall: { rules: [{ name: 'Other', port: 10250 }] } },
    expected: {
      step: 'firewall',
      code: 'firewall.rule',
      message: /^expected one enabled rule Other that says Allow for TCP 10250 inbound, found another one$/,
      remedy: /group policy or software in the image that rewrites the rule Other/,
      evidence: /"enabled":false/,
    },
  },
];

suite('found inside Windows, with what to do', () => {
  for (const { name, scenario, changes, expected } of CASES) {
    test(name, async () => {
      const built = await buildWith(scenario === undefined ? [] : [scenario], changes);
      assertFailed(built, { ...expected, left: [goesOn] });
      assert.deepEqual(built.of('step-retry'), [], 'what cannot pass is not tried again');
    });
  }

  test('all of it mended, the same VM is built to its end', async () => {
    const built = await buildWith([]);
    assertDone(built);
    assert.ok(built.cached.includes('install-windows'));
  });
});

suite('what the image brought along and ingot does not write over', () => {
  test('a daemon.json that is no JSON is shown and left as it is', async () => {
    const docker = { daemon: { debug: false } };
    assertFailed(await buildWith(['daemon-json-broken'], { docker }, 'broken'), {
      step: 'docker',
      code: 'docker.daemon-json',
      message: /^expected C:\\ProgramData\\docker\\config\\daemon\.json to hold a JSON object, found no JSON: /,
      remedy: /mend or remove the file in the image \(it is left as it is\)/,
      evidence: /^\{"debug": true,\}$/,
      left: [goesOn],
    });
  });

  test('a Match block for every login is no place to lose against', async () => {
    const openssh = { sshdConfig: { PasswordAuthentication: false } };
    assertFailed(await buildWith(['sshd-config-match-all'], { openssh }, 'match-all'), {
      step: 'openssh',
      code: 'openssh.sshd-config-match',
      message: /found “Match all”, which says otherwise for every login$/,
      remedy: /take PasswordAuthentication out of that block/,
      evidence: /^PasswordAuthentication yes$/,
      left: [goesOn],
    });
  });
});
