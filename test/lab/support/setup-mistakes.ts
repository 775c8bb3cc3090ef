import assert from 'node:assert/strict';
import type { Hardware } from '../../../lab/guest/hardware.ts';
import type { WindowsDiscOptions } from './media.ts';

/** One change to an answer file that works, and the words at which Setup stops. */
export interface Mistake {
  readonly name: string;
  /** Undefined: there is no answer file. */
  readonly change: (answer: string) => string | undefined;
  readonly words: RegExp;
  readonly hardware?: Partial<Hardware>;
  readonly media?: WindowsDiscOptions;
}

/** Replaces text that must be there. */
function put(from: string | RegExp, to: string): (answer: string) => string {
  return (answer) => {
    const changed = answer.replace(from, () => to);
    assert.notEqual(changed, answer, `nothing to replace: ${from}`);
    return changed;
  };
}

const both =
  (...changes: ((answer: string) => string)[]) =>
  (answer: string) =>
    changes.reduce((text, change) => change(text), answer);

const KEY = 'N2KJX-J94YW-TQVFB-DG9YT-724CC';
const invalid = (pass: string) => new RegExp(`for pass \\[${pass}\\]\\. The answer file is invalid`);
const unknown = (pass: string) => new RegExp(`for pass \\[${pass}\\]\\. A component or setting .* does not exist`);
const refused = (pass: string, component: string) =>
  new RegExp(`for pass \\[${pass}\\]\\. The settings .* cannot be applied\\..* component \\[${component}\\]`);
const diskConfiguration = /could not apply the unattend answer file's <DiskConfiguration> setting/;
const imageInstall = /could not apply the unattend answer file's <ImageInstall> setting/;
const notBootable = /could not prepare the computer to boot into the next phase/;
const selectImage = /Select the operating system/;
const shell = 'Microsoft-Windows-Shell-Setup';
const command = (path: string, order = '<Order>1</Order>') =>
  `<RunSynchronous><RunSynchronousCommand>${order}<Path>${path}</Path></RunSynchronousCommand></RunSynchronous>`;
const encoded = (text: string) =>
  `<Value>${Buffer.from(text, 'utf16le').toString('base64')}</Value><PlainText>false</PlainText>`;
const password = /<AdministratorPassword>.*<\/AdministratorPassword>/;
const TWO = [
  { name: 'Standard', editionId: 'ServerStandardACor' },
  { name: 'Datacenter', editionId: 'ServerDatacenterACor' },
];

/** BIOS: two primary partitions, the first of them active. */
export const biosLayout = both(
  put('<Type>EFI</Type>', '<Type>Primary</Type>'),
  put('<Type>MSR</Type>', '<Type>Primary</Type>'),
  put('<Format>FAT32</Format>', '<Format>NTFS</Format><Active>true</Active>'),
);

/** The file itself, and what Windows PE looks for first. */
const FILE: readonly Mistake[] = [
  { name: 'no answer file', change: () => undefined, words: /Language to install/ },
  { name: 'XML that is cut off', change: put('</unattend>', ''), words: /internal error while loading or searching/ },
  { name: 'another root', change: () => '<answers/>', words: /internal error while loading or searching/ },
  { name: 'another namespace', change: put(':unattend"', ':unatended"'), words: /internal error while loading/ },
  {
    name: 'a pass that there is not',
    change: put('"windowsPE"', '"WinPE"'),
    words: /file\. The answer file is invalid/,
  },
  {
    name: 'a component without versionScope',
    change: put(' versionScope="nonSxS"', ''),
    words: /file\. The answer file is invalid/,
  },
  {
    name: 'a component that does not exist',
    change: put('Microsoft-Windows-Setup"', 'Microsoft-Windows-Nonsense"'),
    words: unknown('windowsPE'),
  },
  {
    name: 'a component in a pass it does not belong to',
    change: put('Microsoft-Windows-International-Core-WinPE', 'Microsoft-Windows-International-Core'),
    words: unknown('windowsPE'),
  },
  {
    name: 'another public key token',
    change: put('31bf3856ad364e35', '31bf3856ad364e36'),
    words: unknown('windowsPE'),
  },
  { name: 'a setting that does not exist', change: put(/UserData>/g, 'UsersData>'), words: unknown('windowsPE') },
  { name: 'another architecture', change: put(/"amd64"/g, '"x86"'), words: /Language to install/ },
  {
    name: 'a command of Windows PE longer than 259',
    change: put('<DiskConfiguration>', `${command('x'.repeat(260))}<DiskConfiguration>`),
    words: invalid('windowsPE'),
  },
  { name: 'too little memory', change: (answer) => answer, words: /0xE0000100/, hardware: { memoryMB: 256 } },
];

/** The pages of Windows PE: language, image, key, license. */
const PAGES: readonly Mistake[] = [
  { name: 'no UI language', change: put(/<UILanguage>en-US<\/UILanguage>$/m, ''), words: /Language to install/ },
  {
    name: 'a UI language that is not on the media',
    change: put(/<UILanguage>en-US</g, '<UILanguage>de-DE<'),
    words: /Language to install/,
  },
  {
    name: 'a language of Setup itself that is not on the media',
    change: put('<SetupUILanguage><UILanguage>en-US<', '<SetupUILanguage><UILanguage>de-DE<'),
    words: /Language to install/,
  },
  { name: 'media in another language', change: (answer) => answer, words: /Language/, media: { languages: ['de-DE'] } },
  { name: 'an index that is not in the WIM', change: put('<Value>1<', '<Value>2<'), words: selectImage },
  { name: 'a name that is not in the WIM', change: put('/IMAGE/INDEX', '/IMAGE/NAME'), words: selectImage },
  {
    name: 'an image that is not there, and no page wanted',
    change: both(put('<Value>1<', '<Value>2<'), put('</OSImage>', '<WillShowUI>Never</WillShowUI></OSImage>')),
    words: /^No images are available\.$/,
  },
  {
    name: 'no image chosen, no key, several images',
    change: both(put(/<InstallFrom>.*<\/InstallFrom>/, ''), put(/<ProductKey>.*<\/ProductKey>/, '')),
    words: selectImage,
    media: { images: TWO },
  },
  {
    name: 'the image page is wanted',
    change: put('</OSImage>', '<WillShowUI>Always</WillShowUI></OSImage>'),
    words: selectImage,
  },
  {
    name: 'a WillShowUI that there is not',
    change: put('</OSImage>', '<WillShowUI>Sometimes</WillShowUI></OSImage>'),
    words: invalid('windowsPE'),
  },
  { name: 'an empty product key', change: put(/<Key>N2KJX.*<\/Key>/, '<Key></Key>'), words: /read the <ProductKey>/ },
  { name: 'a ProductKey without a key', change: put(/<Key>N2KJX.*<\/Key>/, ''), words: /read the <ProductKey>/ },
  { name: 'a product key that is none', change: put(KEY, KEY.slice(0, -1)), words: /contains an invalid product key/ },
  {
    name: 'the key of another edition',
    change: put(KEY, '6NMRW-2C8FM-D24W7-TQWMY-CWH2D'),
    words: /cannot read the <ProductKey> setting/,
  },
  ...[
    ['2022 Standard', 'VDYBN-27WPP-V4HQT-9VMD4-VMK7H', 20348, 'ServerDatacenter'],
    ['2022 Datacenter', 'WX4NM-KYWYW-QJJR4-XV3QB-6VM33', 20348, 'ServerStandard'],
    ['2019 Standard', 'N69G4-B89J2-4G8F4-WWYCC-J464C', 17763, 'ServerDatacenter'],
    ['2019 Datacenter', 'WMDGN-G9PQG-XVVXX-R3X43-63DFG', 17763, 'ServerStandard'],
    ['2025 Standard', 'TVRH6-WHNXV-R9WG3-9XRFY-MY832', 20348, 'ServerStandard'],
    ['2025 Datacenter', 'D764K-2NDRG-47T6Q-P8T8W-YP6DF', 20348, 'ServerDatacenter'],
  ].map(([name, key, build, editionId]) => ({
    name: `the key of ${name} for ${editionId} ${build}`,
    change: put(KEY, String(key)),
    words: /cannot read the <ProductKey> setting/,
    media: { images: [{ name: 'x', editionId: String(editionId), build: Number(build) }] },
  })),
  {
    name: 'a key on evaluation media',
    change: put(KEY, 'BBBBB-CCCCC-DDDDD-FFFFF-GGGGG'),
    words: /cannot read the <ProductKey> setting/,
    media: { images: [{ name: 'Eval', editionId: 'ServerStandardEval', build: 20348 }] },
  },
  {
    name: 'the key page is wanted',
    change: put('</ProductKey>', '<WillShowUI>Always</WillShowUI></ProductKey>'),
    words: /Enter the product key/,
  },
  {
    name: 'the license not accepted',
    change: put('<AcceptEula>true', '<AcceptEula>false'),
    words: /I accept the license/,
  },
  {
    name: 'nothing said of the license',
    change: put(/<AcceptEula>.*<\/AcceptEula>/, ''),
    words: /I accept the license/,
  },
];

/** Disks and drivers. */
const DISKS: readonly Mistake[] = [
  { name: 'no driver path for pvscsi', change: put(/<DriverPaths>.*<\/DriverPaths>/, ''), words: diskConfiguration },
  { name: 'a driver path on another letter', change: put('E:', 'F:'), words: diskConfiguration },
  { name: 'a driver folder that is not on the disc', change: put('Win8', 'Win10'), words: diskConfiguration },
  { name: 'no disk', change: (answer) => answer, words: /find any drives/, hardware: { diskControllers: [] } },
  {
    name: 'no disk configuration',
    change: put(/<DiskConfiguration>[\s\S]*<\/DiskConfiguration>/, ''),
    words: /Where do you want to install/,
  },
  {
    name: 'no disk configuration, and no page wanted',
    change: put(/<Disk wcm[\s\S]*<\/Disk>/, '<WillShowUI>Never</WillShowUI>'),
    words: diskConfiguration,
  },
  { name: 'no target', change: put(/<InstallTo>.*<\/InstallTo>/, ''), words: /Where do you want to install/ },
  {
    name: 'the EFI partition as target',
    change: put('<PartitionID>3</PartitionID></I', '<PartitionID>1</PartitionID></I'),
    words: /EFI system partition \(ESP\)/,
  },
  {
    name: 'the MSR as target',
    change: put('<PartitionID>3</PartitionID></I', '<PartitionID>2</PartitionID></I'),
    words: /Microsoft Reserved \(MSR\)/,
  },
  {
    name: 'a partition that is not made',
    change: put('<PartitionID>3</PartitionID></I', '<PartitionID>4</PartitionID></I'),
    words: imageInstall,
  },
  {
    name: 'a small partition',
    change: put('<Extend>true</Extend>', '<Size>9000</Size>'),
    words: /The partition is too small/,
  },
  { name: 'neither size nor the rest', change: put('<Extend>true</Extend>', ''), words: diskConfiguration },
  {
    name: 'another disk as target',
    change: put('<InstallTo><DiskID>0<', '<InstallTo><DiskID>1<'),
    words: imageInstall,
  },
  { name: 'a disk that is not there', change: put('"add"><DiskID>0<', '"add"><DiskID>1<'), words: diskConfiguration },
  {
    name: 'a target and any partition',
    change: put('</InstallTo>', '</InstallTo><InstallToAvailablePartition>true</InstallToAvailablePartition>'),
    words: imageInstall,
  },
  { name: 'no EFI partition', change: put('<Type>EFI</Type>', '<Type>Primary</Type>'), words: notBootable },
  { name: 'a BIOS layout on EFI', change: biosLayout, words: notBootable },
  { name: 'an EFI layout on BIOS', change: (answer) => answer, words: /0x80042565/, hardware: { firmware: 'bios' } },
  {
    name: 'no active partition on BIOS',
    change: both(biosLayout, put('<Active>true</Active>', '')),
    words: notBootable,
    hardware: { firmware: 'bios' },
  },
];

/** What Windows stops at after its restart. */
const INSTALLED: readonly Mistake[] = [
  {
    name: 'a component of Windows PE in specialize',
    change: put('Microsoft-Windows-Deployment', 'Microsoft-Windows-PnpCustomizationsWinPE'),
    words: unknown('specialize'),
  },
  {
    name: 'ComputerName in oobeSystem',
    change: put('<UserAccounts>', '<ComputerName>A</ComputerName><UserAccounts>'),
    words: unknown('oobeSystem'),
  },
  {
    name: 'a computer name of 16 characters',
    change: put('WIN-MASTER', 'A-NAME-OF-16-CHR'),
    words: invalid('specialize'),
  },
  { name: 'a computer name of digits', change: put('WIN-MASTER', '12345'), words: invalid('specialize') },
  { name: 'a computer name with an underscore', change: put('WIN-MASTER', 'WIN_MASTER'), words: invalid('specialize') },
  { name: 'a time zone of IANA', change: put('>UTC<', '>Europe/Berlin<'), words: refused('specialize', shell) },
  {
    name: 'a time zone in OOBE',
    change: put('<AutoLogon>', '<TimeZone>Middle Earth Standard Time</TimeZone><AutoLogon>'),
    words: refused('oobeSystem', shell),
  },
  {
    name: 'the key of another version in specialize',
    change: put('<TimeZone>', '<ProductKey>VDYBN-27WPP-V4HQT-9VMD4-VMK7H</ProductKey><TimeZone>'),
    words: refused('specialize', shell),
  },
  { name: 'a command longer than 259', change: put('echo 1', 'x'.repeat(260)), words: invalid('specialize') },
  { name: 'a command without an order', change: put('<Order>9</Order>', ''), words: invalid('specialize') },
  { name: 'no password', change: put(password, ''), words: /Type a password for the built-in administrator/ },
  {
    name: 'a simple password',
    change: put(password, '<AdministratorPassword><Value>simple</Value></AdministratorPassword>'),
    words: /0x800708C5/,
  },
  {
    name: 'a password encoded without its suffix',
    change: put(password, `<AdministratorPassword>${encoded('Secret-1')}</AdministratorPassword>`),
    words: /0x8007000d/,
  },
  {
    name: 'a password encoded with the suffix of another',
    change: put(password, `<AdministratorPassword>${encoded('Secret-Password-1Password')}</AdministratorPassword>`),
    words: /0x8007000d/,
  },
  { name: 'no automatic logon', change: put(/<AutoLogon>.*<\/AutoLogon>/, ''), words: /Ctrl\+Alt\+Delete/ },
  { name: 'no logon count', change: put('<LogonCount>1</LogonCount>', ''), words: /Ctrl\+Alt\+Delete/ },
  {
    name: 'the wrong password for the logon',
    change: put('<Password><Value>Secret', '<Password><Value>Other'),
    words: /password is incorrect/,
  },
  {
    name: 'a first logon command longer than 1024',
    change: put('<CommandLine>', `<CommandLine>${'x'.repeat(1024)}`),
    words: invalid('oobeSystem'),
  },
];

export const MISTAKES: readonly Mistake[] = [...FILE, ...PAGES, ...DISKS, ...INSTALLED];
