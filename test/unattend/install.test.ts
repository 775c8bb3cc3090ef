import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyFits } from '../../lab/guest/product-keys.ts';
import { bootstrapCommand } from '../../unattend/bootstrap.ts';
import { type InstallOptions, installAnswerFile } from '../../unattend/install.ts';
import { KMS_CLIENT_KEYS, kmsClientKey } from '../../unattend/kms-keys.ts';
import { lintAnswerFile } from '../../unattend/lint.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { facts, failure, installOptions, xmllint } from './samples.ts';

function written(changes: Partial<InstallOptions> = {}): Record<string, string> {
  const xml = writeAnswerFile(installAnswerFile({ ...installOptions, ...changes }));
  xmllint(xml);
  const file = parseAnswerFile(xml);
  assert.deepEqual(lintAnswerFile(file, { firmware: changes.firmware ?? 'efi' }), []);
  return facts(file);
}

const DISK = 'windowsPE/Microsoft-Windows-Setup/DiskConfiguration/Disk[1]';
const IMAGE = 'windowsPE/Microsoft-Windows-Setup/ImageInstall/OSImage';
const USER = 'windowsPE/Microsoft-Windows-Setup/UserData';
const SHELL = 'oobeSystem/Microsoft-Windows-Shell-Setup';

function below(found: Record<string, string>, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(found).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  );
}

test('UEFI: EFI, MSR and Windows, installed to partition 3', () => {
  const found = written();
  assert.deepEqual(below(found, `${DISK}/CreatePartitions/CreatePartition`), {
    '[1]/Order': '1',
    '[1]/Type': 'EFI',
    '[1]/Size': '100',
    '[2]/Order': '2',
    '[2]/Type': 'MSR',
    '[2]/Size': '16',
    '[3]/Order': '3',
    '[3]/Type': 'Primary',
    '[3]/Extend': 'true',
  });
  assert.deepEqual([found[`${DISK}/DiskID`], found[`${DISK}/WillWipeDisk`]], ['0', 'true']);
  assert.deepEqual(below(found, `${IMAGE}/InstallTo/`), { DiskID: '0', PartitionID: '3' });
});

test('BIOS: an active system partition and Windows, installed to partition 2', () => {
  const found = written({ firmware: 'bios' });
  assert.deepEqual(below(found, `${DISK}/CreatePartitions/CreatePartition`), {
    '[1]/Order': '1',
    '[1]/Type': 'Primary',
    '[1]/Size': '500',
    '[2]/Order': '2',
    '[2]/Type': 'Primary',
    '[2]/Extend': 'true',
  });
  assert.equal(found[`${DISK}/ModifyPartitions/ModifyPartition[1]/Active`], 'true');
  assert.equal(found[`${IMAGE}/InstallTo/PartitionID`], '2');
});

test('a recovery partition stands before Windows, with the type that Microsoft documents, when asked', () => {
  const efi = written({ recoveryPartition: true });
  const bios = written({ firmware: 'bios', recoveryPartition: true });
  const types = (found: Record<string, string>) =>
    Object.entries(found).flatMap(([path, value]) => (/CreatePartition\[\d\]\/Type$/.test(path) ? [value] : []));
  assert.deepEqual(types(efi), ['Primary', 'EFI', 'MSR', 'Primary']);
  assert.equal(efi[`${DISK}/ModifyPartitions/ModifyPartition[1]/TypeID`], 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC');
  assert.equal(efi[`${DISK}/ModifyPartitions/ModifyPartition[4]/Letter`], 'C');
  assert.equal(efi[`${IMAGE}/InstallTo/PartitionID`], '4');
  assert.deepEqual(types(bios), ['Primary', 'Primary', 'Primary']);
  assert.equal(bios[`${DISK}/ModifyPartitions/ModifyPartition[1]/Active`], 'true');
  assert.equal(bios[`${DISK}/ModifyPartitions/ModifyPartition[2]/TypeID`], '0x27');
  assert.equal(bios[`${IMAGE}/InstallTo/PartitionID`], '3');
});

test('only the first disk is named', () => {
  for (const firmware of ['efi', 'bios'] as const) {
    const disks = Object.entries(written({ firmware })).filter(([path]) => path.endsWith('/DiskID'));
    assert.deepEqual(
      disks.map(([, value]) => value),
      ['0', '0'],
    );
  }
});

test('Windows never sleeps, in either edition, whether the command works or not', () => {
  for (const installationType of ['Server', 'Server Core'] as const) {
    const found = written({ installationType });
    const path = 'specialize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand[1]';
    assert.match(
      found[`${path}/Path`] ?? '',
      /^cmd\.exe \/c "powercfg\.exe \/change standby-timeout-ac 0 & .* & exit \/b 0"$/,
    );
    assert.equal(found[`${path}/WillReboot`], 'Never');
  }
});

test('the image is named by index or by name', () => {
  const by = (image: InstallOptions['image']) => below(written({ image }), `${IMAGE}/InstallFrom/MetaData[1]/`);
  assert.deepEqual(by({ index: 3 }), { Key: '/IMAGE/INDEX', Value: '3' });
  assert.deepEqual(by({ name: 'Windows Server SERVERSTANDARDACORE' }), {
    Key: '/IMAGE/NAME',
    Value: 'Windows Server SERVERSTANDARDACORE',
  });
});

test('the product key is the edition’s, or is left out whole', () => {
  assert.equal(written()[`${USER}/ProductKey/Key`], 'N2KJX-J94YW-TQVFB-DG9YT-724CC');
  assert.deepEqual(below(written({ productKey: undefined }), `${USER}/ProductKey`), {});
  const keys = Object.values(KMS_CLIENT_KEYS).flatMap((editions) => Object.values(editions));
  assert.equal(new Set(keys).size, 8);
  for (const key of keys) assert.match(key, /^([A-Z0-9]{5}-){4}[A-Z0-9]{5}$/);
  assert.equal(kmsClientKey('2022', 'Datacenter'), 'WX4NM-KYWYW-QJJR4-XV3QB-6VM33');
});

test('each public key is that of its version and edition in the lab’s own table', () => {
  const builds = { '2019': 17763, '20H2': 19042, '2022': 20348, '2025': 26100 } as const;
  for (const version of ['2019', '20H2', '2022', '2025'] as const) {
    for (const edition of ['Standard', 'Datacenter'] as const) {
      const key = kmsClientKey(version, edition);
      const editionId = `Server${edition}${version === '20H2' ? 'ACor' : ''}`;
      assert.ok(keyFits(key, { build: String(builds[version]), editionId }), `${version} ${edition}`);
      // A key that the lab does not know would fit every build.
      assert.ok(!keyFits(key, { build: '1', editionId }), `${version} ${edition}: ${key}`);
    }
  }
});

test('drivers are looked for on every letter that the Tools disc may have, in both folders', () => {
  const paths = Object.values(below(written(), 'windowsPE/Microsoft-Windows-PnpCustomizationsWinPE/'));
  assert.equal(paths.length, 16);
  const more = Object.values(
    below(written({ driverPaths: ['E:\\nic'] }), 'windowsPE/Microsoft-Windows-PnpCustomizationsWinPE/'),
  );
  assert.deepEqual(more, [...paths, 'E:\\nic']);
  for (const drive of ['D', 'E', 'F', 'G']) {
    for (const folder of ['pvscsi\\Win8\\amd64', 'pvscsi\\Win10\\amd64', 'vmxnet3\\Win8', 'vmxnet3\\Win10']) {
      assert.ok(paths.includes(`${drive}:\\Program Files\\VMware\\VMware Tools\\Drivers\\${folder}`));
    }
  }
});

test('one first logon command finds the disc by its label and runs the script', () => {
  const commands = below(written(), `${SHELL}/FirstLogonCommands/SynchronousCommand`);
  assert.equal(Object.keys(commands).filter((key) => key.endsWith('/CommandLine')).length, 1);
  const line = commands['[1]/CommandLine'] ?? '';
  assert.equal(line, bootstrapCommand(installOptions.bootstrap));
  assert.match(line, /^powershell\.exe .*VolumeName=''INGOT''.*\\bootstrap\.ps1/);
  assert.ok(line.length <= 1024);
  assert.equal((line.match(/"/g) ?? []).length, 2, 'one quoted argument');
  for (const bootstrap of [
    { volumeLabel: "IN'GOT", script: 'bootstrap.ps1' },
    { volumeLabel: 'INGOT', script: 'a b.ps1' },
    { volumeLabel: 'INGOT', script: `${'x'.repeat(900)}.ps1` },
  ]) {
    assert.throws(() => bootstrapCommand(bootstrap), failure('unattend.bootstrap'));
  }
});

test('Administrator’s password is encoded for each element, and AutoLogon happens once', () => {
  const found = written({ administratorPassword: 'Pä$$ <1>' });
  const decoded = (path: string) => Buffer.from(found[`${SHELL}/${path}/Value`] ?? '', 'base64').toString('utf16le');
  assert.equal(decoded('UserAccounts/AdministratorPassword'), 'Pä$$ <1>AdministratorPassword');
  assert.equal(decoded('AutoLogon/Password'), 'Pä$$ <1>Password');
  assert.equal(found[`${SHELL}/AutoLogon/Password/PlainText`], 'false');
  assert.equal(found[`${SHELL}/AutoLogon/LogonCount`], '1');
  assert.equal(found[`${SHELL}/AutoLogon/Username`], 'Administrator');
});

test('Server Manager and the browser are settled only where they are', () => {
  const server = written({ installationType: 'Server' });
  const core = written();
  const component = 'specialize/Microsoft-Windows-ServerManager-SvrMgrNc/DoNotOpenServerManagerAtLogon';
  assert.equal(server[component], 'true');
  assert.equal(core[component], undefined);
  assert.equal(server['specialize/Microsoft-Windows-IE-ESC/IEHardenAdmin'], 'false');
});

test('more components and settings are added, and replace those of the same name', () => {
  const found = written({
    extra: {
      windowsPE: { 'Microsoft-Windows-Setup': { UserData: { FullName: 'Other' } } },
      specialize: {
        'Microsoft-Windows-DNS-Client': {
          Interfaces: {
            Interface: [{ Identifier: 'Ethernet0', DNSServerSearchOrder: { IpAddress: ['10.0.0.1', '10.0.0.2'] } }],
          },
        },
      },
    },
  });
  assert.equal(found[`${USER}/FullName`], 'Other');
  assert.equal(found[`${USER}/AcceptEula`], 'true');
  const dns = 'specialize/Microsoft-Windows-DNS-Client/Interfaces/Interface[1]';
  assert.equal(found[`${dns}/DNSServerSearchOrder/IpAddress[2]`], '10.0.0.2');
  assert.equal(found['specialize/Microsoft-Windows-Shell-Setup/ComputerName'], 'winhost');
});
