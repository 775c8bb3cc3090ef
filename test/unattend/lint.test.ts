import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installAnswerFile } from '../../unattend/install.ts';
import { LINT_RULES, type LintContext, lintAnswerFile } from '../../unattend/lint.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { installOptions } from './samples.ts';

const EFI = writeAnswerFile(installAnswerFile(installOptions));
const BIOS = writeAnswerFile(installAnswerFile({ ...installOptions, firmware: 'bios' }));

interface Case {
  readonly code: string;
  /** The file without the mistake, and how to make it. */
  readonly from: string;
  readonly replace: readonly [string | RegExp, string];
  readonly context?: LintContext;
  readonly path: string;
  /** Text of the line that the finding names. */
  readonly line: string;
}

const SHELL = 'oobeSystem/Microsoft-Windows-Shell-Setup';
const DEPLOYMENT = `<component name="Microsoft-Windows-Deployment" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS"><RunSynchronous><RunSynchronousCommand><Order>1</Order>
<Path>${'x'.repeat(260)}</Path></RunSynchronousCommand></RunSynchronous></component>`;

const CASES: readonly Case[] = [
  {
    code: 'unattend.pass',
    from: EFI,
    replace: ['pass="specialize"', 'pass="special"'],
    path: 'special',
    line: 'pass="special"',
  },
  {
    code: 'unattend.component',
    from: EFI,
    replace: ['"Microsoft-Windows-Setup"', '"Microsoft-Windows-Setups"'],
    path: 'windowsPE/Microsoft-Windows-Setups',
    line: 'Microsoft-Windows-Setups',
  },
  {
    code: 'unattend.component-pass',
    from: EFI,
    replace: ['"Microsoft-Windows-International-Core-WinPE"', '"Microsoft-Windows-Shell-Setup"'],
    path: 'windowsPE/Microsoft-Windows-Shell-Setup',
    line: 'Microsoft-Windows-Shell-Setup',
  },
  {
    code: 'unattend.component-attributes',
    from: EFI,
    replace: [/(Microsoft-Windows-Setup".*) versionScope="nonSxS"/, '$1'],
    path: 'windowsPE/Microsoft-Windows-Setup',
    line: '"Microsoft-Windows-Setup"',
  },
  {
    code: 'unattend.disk-layout',
    from: EFI,
    replace: ['<Type>MSR</Type>', '<Type>Primary</Type>'],
    path: 'windowsPE/Microsoft-Windows-Setup/DiskConfiguration/Disk',
    line: '<Disk ',
  },
  {
    code: 'unattend.disk-layout',
    from: BIOS,
    replace: ['<Active>true</Active>', '<Active>false</Active>'],
    path: 'windowsPE/Microsoft-Windows-Setup/DiskConfiguration/Disk',
    line: '<Disk ',
  },
  {
    code: 'unattend.install-to',
    from: EFI,
    replace: [/(<InstallTo>\s*<DiskID>0<\/DiskID>\s*<PartitionID>)3/, '$12'],
    path: 'windowsPE/Microsoft-Windows-Setup/ImageInstall/OSImage/InstallTo',
    line: '<InstallTo>',
  },
  ...['SIXTEEN-LETTERS1', 'under_score', '-lead', 'trail-', '12345', 'dot.name'].map(
    (name): Case => ({
      code: 'unattend.computer-name',
      from: EFI,
      replace: ['>winhost<', `>${name}<`],
      path: 'specialize/Microsoft-Windows-Shell-Setup/ComputerName',
      line: '<ComputerName>',
    }),
  ),
  {
    code: 'unattend.auto-logon-count',
    from: EFI,
    replace: ['<LogonCount>1</LogonCount>', ''],
    path: `${SHELL}/AutoLogon`,
    line: '<AutoLogon>',
  },
  {
    code: 'unattend.password-plain',
    from: EFI,
    replace: ['<PlainText>false</PlainText>', '<PlainText>true</PlainText>'],
    path: `${SHELL}/UserAccounts/AdministratorPassword`,
    line: '<AdministratorPassword>',
  },
  {
    code: 'unattend.product-key-empty',
    from: EFI,
    replace: [/<Key>N2[^<]*<\/Key>/, '<Key/>'],
    path: 'windowsPE/Microsoft-Windows-Setup/UserData/ProductKey/Key',
    line: '<Key/>',
  },
  {
    code: 'unattend.run-synchronous-length',
    from: EFI.replace('</settings>\n</unattend>', `${DEPLOYMENT.replace('xx', 'x')}</settings>\n</unattend>`),
    replace: ['<Path>x', '<Path>xx'],
    path: 'oobeSystem/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand/Path',
    line: '<Path>xx',
  },
  {
    code: 'unattend.first-logon-length',
    from: EFI.replace('powershell.exe', 'x'.repeat(1024 - 200)),
    replace: ['xxx', 'x'.repeat(300)],
    path: `${SHELL}/FirstLogonCommands/SynchronousCommand/CommandLine`,
    line: '<CommandLine>',
  },
  {
    code: 'unattend.first-logon-several',
    from: EFI,
    replace: [/(<SynchronousCommand[\s\S]*<\/SynchronousCommand>)/, '$1\n<SynchronousCommand/>'],
    path: `${SHELL}/FirstLogonCommands/SynchronousCommand`,
    line: '<SynchronousCommand/>',
  },
];

for (const { code, from, replace, context, path, line } of CASES) {
  test(`${code} (${String(replace[1]).slice(0, 40)}): told with its place, and only where it is wrong`, () => {
    assert.deepEqual(lintAnswerFile(parseAnswerFile(from), context), []);
    const wrong = from.replace(replace[0], replace[1]);
    assert.notEqual(wrong, from, 'the mistake was made');
    const [finding, ...others] = lintAnswerFile(parseAnswerFile(wrong), context);
    assert.deepEqual(others, []);
    assert.equal(finding?.code, code);
    assert.equal(finding?.path, path);
    assert.ok(wrong.split('\n')[(finding?.place?.line ?? 0) - 1]?.includes(line), JSON.stringify(finding?.place));
    assert.match(finding?.message ?? '', /expected .*found/);
    assert.notEqual(finding?.remedy, '');
  });
}

test('every rule has a case, a code of its own and its texts', () => {
  assert.deepEqual([...new Set(CASES.map(({ code }) => code))].sort(), LINT_RULES.map(({ code }) => code).sort());
  for (const { title, remedy } of LINT_RULES) assert.ok(title.endsWith('.') && remedy.length > 10);
});

test('the layout is judged by the firmware of the VM when it is known', () => {
  const codes = (xml: string, firmware: 'efi' | 'bios') =>
    lintAnswerFile(parseAnswerFile(xml), { firmware }).map(({ code }) => code);
  assert.deepEqual(codes(EFI, 'efi'), []);
  assert.deepEqual(codes(BIOS, 'bios'), []);
  assert.deepEqual(codes(EFI, 'bios'), ['unattend.disk-layout']);
  assert.deepEqual(codes(BIOS, 'efi'), ['unattend.disk-layout']);
});
