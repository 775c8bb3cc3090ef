import { installAnswerFile } from '../../unattend/install.ts';
import type { LintContext } from '../../unattend/lint.ts';
import { encodePassword } from '../../unattend/password.ts';
import { sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { installOptions, sysprepOptions } from './samples.ts';

export const EFI = writeAnswerFile(installAnswerFile(installOptions));
export const BIOS = writeAnswerFile(installAnswerFile({ ...installOptions, firmware: 'bios' }));
const RECOVERY = writeAnswerFile(installAnswerFile({ ...installOptions, recoveryPartition: true }));
const SYSPREP = writeAnswerFile(
  sysprepAnswerFile({ ...sysprepOptions, extra: { oobeSystem: { 'Microsoft-Windows-Shell-Setup': { OOBE: null } } } }),
);

/** A mistake in a file of ours that was right: what is replaced by what, and what is found. */
export interface Mistake {
  readonly file: string;
  readonly from: string | RegExp;
  readonly to: string;
  readonly context?: LintContext;
  readonly codes: readonly string[];
  /** Path of the first finding, and a text of its line. */
  readonly path: string;
  readonly line: string;
}

const SHELL = 'oobeSystem/Microsoft-Windows-Shell-Setup';
export const SPECIALIZE = 'specialize/Microsoft-Windows-Shell-Setup';
const SETUP = 'windowsPE/Microsoft-Windows-Setup';
const DISK = `${SETUP}/DiskConfiguration/Disk`;
export const CORE = 'specialize/Microsoft-Windows-International-Core';

function one(code: string, from: string | RegExp, to: string, path: string, line: string): Mistake {
  return { file: EFI, from, to, codes: [code], path, line };
}

export const MISTAKES: readonly Mistake[] = [
  one('unattend.pass', 'pass="specialize"', 'pass="special"', 'special', 'pass="special"'),
  {
    ...one('unattend.component', '"Microsoft-Windows-Setup"', '"Microsoft-Windows-Setups"', '', 'Windows-Setups'),
    path: 'windowsPE/Microsoft-Windows-Setups',
  },
  {
    file: EFI,
    from: '"Microsoft-Windows-International-Core-WinPE"',
    to: '"Microsoft-Windows-Shell-Setup"',
    codes: ['unattend.component-pass', ...Array.from({ length: 5 }, () => 'unattend.setting')],
    path: 'windowsPE/Microsoft-Windows-Shell-Setup',
    line: 'Microsoft-Windows-Shell-Setup',
  },
  one(
    'unattend.component-attributes',
    /(Microsoft-Windows-Setup".*) versionScope="nonSxS"/,
    '$1',
    'windowsPE/Microsoft-Windows-Setup',
    '"Microsoft-Windows-Setup"',
  ),
  one(
    'unattend.component-attributes',
    /(Microsoft-Windows-Setup".*)364e35/,
    '$1364e36',
    'windowsPE/Microsoft-Windows-Setup',
    '"Microsoft-Windows-Setup"',
  ),
  one(
    'unattend.component-attributes',
    /(Microsoft-Windows-Setup".*)"nonSxS"/,
    '$1"SxS"',
    'windowsPE/Microsoft-Windows-Setup',
    '"Microsoft-Windows-Setup"',
  ),
  one(
    'unattend.accept-eula',
    /<UserData>[\s\S]*<\/UserData>/,
    '',
    'windowsPE/Microsoft-Windows-Setup/ImageInstall/OSImage',
    '<OSImage>',
  ),
  one(
    'unattend.architecture',
    /(Microsoft-Windows-Deployment".*)amd64/,
    '$1arm64',
    'specialize/Microsoft-Windows-Deployment',
    'arm64',
  ),
  one('unattend.disk-layout', '<Type>MSR</Type>', '<Type>Primary</Type>', DISK, '<Disk '),
  { ...one('unattend.disk-layout', '>true</Active>', '>false</Active>', DISK, '<Disk '), file: BIOS },
  {
    ...one('unattend.install-to', /(<InstallTo>\s*.*\s*<PartitionID>)4/, '$11', '', '<InstallTo>'),
    file: RECOVERY,
    path: `${SETUP}/ImageInstall/OSImage/InstallTo`,
  },
  ...['1', '2', '4', '', 'x'].map((id) =>
    one(
      'unattend.install-to',
      /(<InstallTo>\s*.*\s*<PartitionID>)3/,
      `$1${id}`,
      `${SETUP}/ImageInstall/OSImage/InstallTo`,
      '<InstallTo>',
    ),
  ),
  one(
    'unattend.install-to',
    '<InstallTo>',
    '<InstallToAvailablePartition>true</InstallToAvailablePartition>\n<InstallTo>',
    `${SETUP}/ImageInstall/OSImage`,
    '<OSImage>',
  ),
  one('unattend.install-to', /<InstallTo>[\s\S]*<\/InstallTo>/, '', `${SETUP}/ImageInstall/OSImage`, '<OSImage>'),
  one(
    'unattend.disk-size',
    '<Size>16</Size>',
    '',
    `${DISK}/CreatePartitions/CreatePartition`,
    '<CreatePartition wcm:action="add">',
  ),
  one(
    'unattend.disk-size',
    '<Size>100</Size>',
    '<Extend>true</Extend>',
    `${DISK}/CreatePartitions/CreatePartition`,
    '<CreatePartition wcm:action="add">',
  ),
  one(
    'unattend.will-show-ui',
    /(<DiskConfiguration>\s*)<WillShowUI>.*<\/WillShowUI>/,
    '$1',
    `${SETUP}/DiskConfiguration`,
    '<DiskConfiguration>',
  ),
  one(
    'unattend.will-show-ui',
    /(<Key>N2.*\s*<WillShowUI>)OnError/,
    '$1Always',
    `${SETUP}/UserData/ProductKey`,
    '<ProductKey>',
  ),
  one('unattend.accept-eula', '>true</AcceptEula>', '>false</AcceptEula>', `${SETUP}/UserData`, '<UserData>'),
  one(
    'unattend.image',
    '/IMAGE/INDEX',
    '/IMAGE/NUMBER',
    `${SETUP}/ImageInstall/OSImage/InstallFrom/MetaData`,
    '<MetaData ',
  ),
  ...['SIXTEEN-LETTERS1', 'under_score', '-lead', 'trail-', '12345', 'dot.name', 'büro', 'a b'].map((name) =>
    one('unattend.computer-name', '>winhost<', `>${name}<`, `${SPECIALIZE}/ComputerName`, '<ComputerName>'),
  ),
  ...['Europe/Berlin', 'CET', 'W. Europe', '', 'Eastern Standard Time_dst'].map(
    (zone): Mistake => ({
      file: EFI,
      from: /<TimeZone>Eastern Standard Time<\/TimeZone>/,
      to: `<TimeZone>${zone}</TimeZone>`,
      codes: ['unattend.time-zone'],
      path: `${SPECIALIZE}/TimeZone`,
      line: '<TimeZone>',
    }),
  ),
  ...['en', 'xx-YY', 'english', 'en_US', 'en-ZZZZZ', '1033'].map(
    (locale): Mistake => ({
      file: SYSPREP,
      from: '<SystemLocale>en-US',
      to: `<SystemLocale>${locale}`,
      codes: ['unattend.locale'],
      path: `${CORE}/SystemLocale`,
      line: '<SystemLocale>',
    }),
  ),
  ...['0409:0000', '409:00000409', '0409:0000FFFF', 'ffff:00000409', 'qwerty', '0409:00000409;nope'].map(
    (keyboard): Mistake => ({
      file: SYSPREP,
      from: '0409:00000409',
      to: keyboard,
      codes: ['unattend.keyboard'],
      path: `${CORE}/InputLocale`,
      line: '<InputLocale>',
    }),
  ),
  {
    file: EFI,
    from: 'no such text',
    to: '',
    context: { languages: ['de-DE', 'fr-FR'] },
    codes: Array.from({ length: 3 }, () => 'unattend.ui-language'),
    path: 'windowsPE/Microsoft-Windows-International-Core-WinPE/SetupUILanguage/UILanguage',
    line: '<UILanguage>',
  },
  one('unattend.auto-logon-count', '<LogonCount>1</LogonCount>', '', `${SHELL}/AutoLogon`, '<AutoLogon>'),
  one('unattend.auto-logon-count', '<LogonCount>1<', '<LogonCount>0<', `${SHELL}/AutoLogon`, '<AutoLogon>'),
  one('unattend.disk-layout', '<Format>NTFS</Format>', '<Format>NTFS</Format><Active>true</Active>', DISK, '<Disk '),
  {
    file: SYSPREP,
    from: '<Enabled>false</Enabled>',
    to: '<Enabled>true</Enabled><LogonCount>1</LogonCount>',
    codes: ['unattend.auto-logon-sysprep'],
    path: `${SHELL}/AutoLogon`,
    line: '<AutoLogon>',
  },
  one(
    'unattend.password-plain',
    '<PlainText>false</PlainText>',
    '<PlainText>true</PlainText>',
    `${SHELL}/UserAccounts/AdministratorPassword`,
    '<AdministratorPassword>',
  ),
  ...['x', '*SENSITIVE*DATA*DELETED*', encodePassword('MyPassword', 'Password').Value].map((value) =>
    one(
      'unattend.password-encoding',
      /(<AdministratorPassword>\s*<Value>)[^<]*/,
      `$1${value}`,
      `${SHELL}/UserAccounts/AdministratorPassword/Value`,
      '<Value>',
    ),
  ),
  one(
    'unattend.administrator-password-several',
    /(<AdministratorPassword>[\s\S]*<\/AdministratorPassword>)/,
    '$1$1',
    `${SHELL}/UserAccounts/AdministratorPassword`,
    '</AdministratorPassword><AdministratorPassword>',
  ),
  one('unattend.product-key-empty', /<Key>N2[^<]*<\/Key>/, '<Key/>', `${SETUP}/UserData/ProductKey/Key`, '<Key/>'),
  one('unattend.product-key-shape', /<Key>N2/, '<Key>N', `${SETUP}/UserData/ProductKey/Key`, '<Key>N'),
  ...[{ version: '2022' }, { edition: 'Datacenter' }, { version: '20H2', edition: 'Datacenter' }].map(
    (context): Mistake => ({
      ...one('unattend.product-key-edition', 'no such text', '', `${SETUP}/UserData/ProductKey/Key`, '<Key>N2'),
      context,
    }),
  ),
  one(
    'unattend.product-key-edition',
    /\/IMAGE\/INDEX<\/Key>\s*<Value>2/,
    '/IMAGE/NAME</Key><Value>Windows Server 2022 SERVERSTANDARDCORE',
    `${SETUP}/UserData/ProductKey/Key`,
    '<Key>N2',
  ),
  one(
    'unattend.product-key-evaluation',
    /\/IMAGE\/INDEX<\/Key>\s*<Value>2/,
    '/IMAGE/NAME</Key><Value>Windows Server ServerStandardEval',
    `${SETUP}/UserData/ProductKey/Key`,
    '<Key>N2',
  ),
  one(
    'unattend.first-logon-length',
    '<CommandLine>',
    `<CommandLine>${'x'.repeat(1024)}`,
    `${SHELL}/FirstLogonCommands/SynchronousCommand/CommandLine`,
    '<CommandLine>',
  ),
  one(
    'unattend.run-synchronous-length',
    '<Path>cmd.exe',
    `<Path>${'x'.repeat(200)}`,
    'specialize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand/Path',
    '<Path>xx',
  ),
  {
    file: EFI,
    from: /(<SynchronousCommand[\s\S]*<\/SynchronousCommand>)/,
    to: '$1\n<SynchronousCommand><Order>7</Order></SynchronousCommand>',
    codes: ['unattend.list-action', 'unattend.first-logon-several', 'unattend.order-gap'],
    path: `${SHELL}/FirstLogonCommands/SynchronousCommand`,
    line: '<SynchronousCommand>',
  },
  ...['', '0', '501', '1.5', 'one'].map((order) =>
    one(
      'unattend.order',
      /(RunSynchronousCommand wcm:action="add">[\s\S]*?<Order>)1/,
      `$1${order}`,
      'specialize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand/Order',
      '<Order>',
    ),
  ),
];
