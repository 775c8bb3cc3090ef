import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { sysprepCauses } from '../../steps/support/sysprep-cause-table.ts';
import { sysprepCause } from '../../steps/support/sysprep-causes.ts';
import { harmlessErrors } from '../../steps/support/sysprep-harmless.ts';
import { notSealed, sealedState } from '../../steps/support/sysprep-verdict.ts';

/** Lines as they stand in public logs (the sources are in the table), each log in its order, and what it means. */
const LOGS: readonly (readonly [cause: string, remedy: RegExp, lines: readonly string[]])[] = [
  [
    'appx',
    /add Microsoft\.OneDriveSync to `windows\.sysprep\.removeAppx`/,
    [
      'SYSPRP Entering SysprepGeneralizeValidate (Appx) - validating whether all apps are also provisioned.',
      'SYSPRP Package Microsoft.OneDriveSync_21220.1024.5.0_neutral__8wekyb3d8bbwe was installed for a user, but not provisioned for all users. This package will not function properly in the sysprep image.',
      'SYSPRP Failed to remove apps for the current user: 0x80073cf2.',
    ],
  ],
  [
    'appx',
    /add Microsoft\.Winget\.Source to/,
    [
      'Package Microsoft.Winget.Source_2025.718.1153.54_neutral__8wekyb3d8bbwe was installed for a user, but not provisioned for all users. This package will not function properly in the sysprep image.',
    ],
  ],
  [
    'appx-unnamed',
    /look for “was installed for a user” in setupact\.log/,
    [
      'SYSPRP Failed to remove apps for the current user: 0x80073cf2.',
      'SYSPRP Exit code of RemoveAllApps thread was 0x3cf2.',
      "SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'SysprepGeneralizeValidate' from C:\\Windows\\System32\\AppxSysprep.dll; dwRet = 0x3cf2",
    ],
  ],
  [
    'bitlocker',
    /manage-bde -off C:/,
    [
      "2026-08-17 11:22:44, Info  SYSPRP ActionPlatform::LaunchModule: Executing method 'Other' from C:\\Windows\\System32\\x.dll",
      '2026-08-17 11:22:44, Error SYSPRP BitLocker-Sysprep: BitLocker is on for the OS volume. Turn BitLocker off to run Sysprep. (0x80310039)',
      '2026-08-17 11:22:44, Error SYSPRP RunDlls:An error occurred while running registry sysprep DLLs, halting sysprep execution. dwRet = 0x80310039',
    ],
  ],
  [
    'rearm',
    /delete the master and build again/,
    [
      "Error [0x0f0082] SYSPRP LaunchDll: Failure occurred while executing 'C:\\Windows\\System32\\slc.dll, SLReArmWindows', returned error code -1073425657",
      'Error [0x0f0070] SYSPRP RunExternalDlls: An error occurred while running registry sysprep DLLs, halting sysprep execution. dwRet = -1073425657',
      'Error [0x0f00a8] SYSPRP WinMain: Hit failure while processing sysprep generalize providers; hr = 0xc004d307',
    ],
  ],
  [
    'licensing-busy',
    /sppsvc/,
    ["SYSPRP LaunchModule: Failure executing 'SLReArmWindows' from slc.dll; dwRet = 0xc004f075"],
  ],
  [
    'reserved-storage',
    /let updates finish/,
    [
      'SYSPRP Sysprep_Clean_Validate_Opk: Audit mode cannot be turned on if reserved storage is in use. An update or servicing operation may be using reserved storage.; hr = 0x800F0975',
      "SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'Sysprep_Clean_Validate_Opk' from C:\\Windows\\System32\\spopk.dll; dwRet = 0x975",
    ],
  ],
  [
    'reserved-storage',
    /let updates finish/,
    ["Audit mode can't be turned on if there is an active scenario.; hr = 0x800F0975"],
  ],
  [
    'pending-updates',
    /restart: true/,
    ['SYSPRP spopk.dll:: There are one or more Windows updates that require a reboot.'],
  ],
  [
    'servicing',
    /TrustedInstaller back to Manual/,
    [
      '2018-09-15 18:08:32, Error      [0x0f00b0] SYSPRP spopk.dll:: Failed to query pending CBS operations; hr = 0x80080005',
      "2018-09-15 18:08:32, Error      [0x0f0082] SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing 'Sysprep_Clean_Validate_Opk' from C:\\Windows\\System32\\spopk.dll; dwRet = 0x5",
      '2018-09-15 18:08:32, Error      [0x0f00d8] SYSPRP WinMain:Hit failure while pre-validate sysprep cleanup internal providers; hr = 0x80070005',
    ],
  ],
  [
    'defender-endpoint',
    /onboard the clones and not the image/,
    [
      '2024-03-07 22:26:20, Error                 SYSPRP ActionPlatform::DeleteValue: Error from RegDeleteValueW for value senseGuid under key HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows Advanced Threat Protection; dwRet = 0x5',
      '2024-03-07 22:26:20, Error      [0x0f00a8] SYSPRP WinMain:Hit failure while processing sysprep generalize internal providers; hr = 0x80070005',
    ],
  ],
  [
    'dsc',
    /behind specialize/,
    [
      "Error      [0x0f0082] SYSPRP LaunchDll:Failure occurred while executing 'DscCore.dll,SysPrep_Cleanup', returned error code 0x2",
      'Error      [0x0f00ae] SYSPRP WinMain:Hit failure while processing sysprep cleanup external providers; hr = 0x80070002[gle=0x00000006]',
    ],
  ],
  [
    'answer-file',
    /ingot unattend show FILE --pass sysprep/,
    [
      'SYSPRP Windows could not parse or process unattend answer file [C:\\Windows\\Panther\\unattend.xml] for pass [generalize]. The answer file is invalid.',
    ],
  ],
  [
    'bcd',
    /bcdedit \/enum/,
    [
      "2013-07-18 22:38:30, Error [0x0f0082] SYSPRP LaunchDll:Failure occurred while executing 'C:\\Windows\\System32\\spbcd.dll,Sysprep_Generalize_Bcd', returned error code 2[gle=0x00000012]",
      '2013-07-18 22:38:30, Error [0x0f0070] SYSPRP RunExternalDlls:An error occurred while running registry sysprep DLLs, halting sysprep execution. dwRet = 2[gle=0x00000012]',
    ],
  ],
  [
    'event-log',
    /winevt\\Logs/,
    [
      "SYSPRP LaunchDll:Failure occurred while executing 'C:\\Windows\\System32\\wevtapi.dll,EvtSysprep', hr = 0x80070003",
    ],
  ],
  [
    'msdtc',
    /msdtc -uninstall/,
    [
      "SYSPRP LaunchDll:Failure occurred while executing 'C:\\Windows\\System32\\msdtcprx.dll,SysPrepDtcGeneralize', returned error code 1",
    ],
  ],
  [
    'foreign-provider',
    /VMAgentDisabler\.dll/,
    [
      '2020-10-22 00:00:00, Error      [0x0f0085] SYSPRP LaunchDll:Could not load DLL C:\\windows\\system32\\VMAgentDisabler.dll[gle=0x0000007e]',
    ],
  ],
  [
    'upgraded',
    /build from media of the version/,
    [
      '[0x0f0036] SYSPRP spopk.dll:: Sysprep will not run on an upgraded OS. You can only run Sysprep on a custom (clean) install version of Windows.',
    ],
  ],
  ['as-system', /task ingot-sysprep/, ['sysprep-task.ps1:155: Expected to run as Administrator, found SYSTEM.']],
  [
    'killed',
    /the clone is made anew/,
    ['setupact.log ends without "Shutting down SysPrep log": sysprep.exe was ended from outside'],
  ],
  [
    'interrupted',
    /made anew from the master/,
    [
      '[0x0f0073] SYSPRP RunExternalDlls:Not running DLLs; either the machine is in an invalid state or we couldn’t update the recorded state, dwRet = 31',
      'hr = 0x8007001f',
    ],
  ],
  [
    'access-denied',
    /security software/,
    ['[0x0f00a8] SYSPRP WinMain:Hit failure while processing sysprep generalize internal providers; hr = 0x80070005'],
  ],
];

suite('why Sysprep failed is told by its logs', () => {
  for (const [index, [id, remedy, lines]] of LOGS.entries()) {
    test(`${id} (log ${index + 1})`, () => {
      const found = sysprepCause(lines);
      assert.equal(found?.id, id, JSON.stringify(found));
      assert.match(found.remedy, remedy);
      assert.doesNotMatch(found.remedy, /\$\d/);
    });
  }

  test('the table has at least 15 causes, each with source and remedy, each seen by a log here, each name once', () => {
    assert.ok(sysprepCauses.length >= 15);
    assert.equal(new Set(sysprepCauses.map(({ id }) => id)).size, sysprepCauses.length);
    const seen = new Set(LOGS.map(([id]) => id));
    assert.deepEqual(
      sysprepCauses.map(({ id }) => id).filter((id) => !seen.has(id)),
      ['driver'],
    );
    for (const { source, remedy, cause } of sysprepCauses) assert.ok(source && remedy && cause);
  });

  test('the earliest line counts: what follows from it is not the cause', () => {
    const [, , appx = []] = LOGS[0] ?? [];
    const [, , defender = []] = LOGS.find(([id]) => id === 'defender-endpoint') ?? [];
    assert.equal(sysprepCause([...defender, ...appx])?.id, 'defender-endpoint');
    assert.equal(sysprepCause([...appx, ...defender])?.id, 'appx');
  });

  test('what nobody knows is told as it is, and how to go on', () => {
    assert.equal(sysprepCause(['SYSPRP something nobody has seen']), undefined);
    const broken = notSealed({
      state: 'failed',
      run: 'r',
      imageState: 'IMAGE_STATE_UNDEPLOYABLE',
      tag: false,
      exitCode: 1,
      errors: ['SYSPRP something'],
    });
    assert.match(broken.remedy ?? '', /^look for the first of these lines, and into the whole logs/);
    assert.deepEqual(broken.evidence, ['SYSPRP something']);
  });

  test('lines that are not known, of a Windows that says it is sealed: how to let them pass', () => {
    const strict = notSealed({
      state: 'failed',
      run: 'r',
      imageState: sealedState,
      tag: true,
      exitCode: 0,
      errors: ['SYSPRP a new line'],
    });
    assert.match(strict.message, /^expected setuperr\.log without lines that are not known as harmless, found 1$/);
    assert.match(strict.remedy ?? '', /`windows\.sysprep\.ignoreErrors`/);
  });
});

test('lines that good runs of Sysprep write are told from failures', () => {
  const isHarmless = (line: string) => harmlessErrors.some((text) => line.toLowerCase().includes(text.toLowerCase()));
  // With UEFI firmware, the default, the last four come in one go.
  for (const line of [
    'SYSPRP setupdigetclassdevs failed with error 0',
    'SYSPRP Error 0x-2147417850: Failed to re-enable Compat-Gentel custom trigger.[gle=0x0000047e]',
    'SYSPRP MRTGeneralize:107 - ERROR: Failed DeleteInstance AntiSpywareProduct.instanceGuid="{D68D}" hr=2147749904',
    'SYSPRP MRTGeneralize: ERROR: Failed ConnectServer',
    'SYSPRP BCD: BiUpdateEfiEntry failed c000000d',
    'SYSPRP BCD: BiExportBcdObjects failed c000000d',
    'SYSPRP BCD: BiExportStoreAlterationsToEfi failed c000000d',
    'SYSPRP BCD: Failed to export alterations to firmware. Status: c000000d',
  ])
    assert.ok(isHarmless(line), line);
  for (const [, , lines] of LOGS) for (const line of lines) assert.ok(!isHarmless(line), line);
});

test('docs/sysprep.md has a row for each known failure, and what it names is there', () => {
  const page = readFileSync(new URL('../../docs/sysprep.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| S(\d+) /gm)].map(([, row]) => Number(row));
  assert.deepEqual(
    rows,
    Array.from({ length: 22 }, (_, index) => index + 1),
  );
  for (const [, file = '', names = ''] of page.matchAll(
    /`((?:steps|scripts|test)\/[\w./-]+)`(?::((?: `[\w-]+`,?)+))?/g,
  )) {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    for (const [, name = ''] of names.matchAll(/`([^`]+)`/g)) assert.ok(text.includes(name), `${file}: ${name}`);
  }
  const known = new Set(sysprepCauses.map(({ id }) => id));
  for (const [, id = ''] of page.matchAll(/cause `([a-z-]+)`/g)) assert.ok(known.has(id), id);
});
