import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Disc } from '../../lab/disc/disc.ts';
import { bootBehaviour } from '../../lab/guest/firmware.ts';
import type { Hardware } from '../../lab/guest/hardware.ts';
import { firstLogonCommand, oobe, specialize } from '../../lab/guest/oobe.ts';
import { planSetup } from '../../lab/guest/setup.ts';
import { freshWindows } from '../../lab/guest/windows.ts';
import { type AnswerParts, autounattend, WORKING } from './support/answer.ts';
import { makeDisc, makeToolsDisc, makeWindowsDisc, temporaryFolder } from './support/media.ts';

const HARDWARE: Hardware = {
  name: 'win',
  firmware: 'efi',
  memoryMB: 4096,
  cdroms: [],
  diskControllers: ['ParaVirtualSCSIController'],
  nics: [],
};
const BIOS_DISK = WORKING.disk
  .replace('<Type>EFI</Type>', '<Type>Primary</Type>')
  .replace('<Type>MSR</Type>', '<Type>Primary</Type>');

describe('Windows Setup stops where the real one does', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let windows: Disc;
  let tools: Disc;

  async function open(path: string): Promise<Disc> {
    const disc = await Disc.open(path);
    assert.ok(disc !== undefined);
    return disc;
  }

  before(async () => {
    folder = await temporaryFolder();
    windows = await open(await makeWindowsDisc(folder.path, 'windows'));
    tools = await open(await makeToolsDisc(folder.path, 'tools'));
  });
  after(async () => {
    await windows.close();
    await tools.close();
    await folder[Symbol.asyncDispose]();
  });

  let count = 0;
  async function setUp(
    answer: Partial<AnswerParts> | string | undefined,
    changes: { hardware?: Partial<Hardware>; media?: Disc; discs?: Disc[] } = {},
  ): Promise<string> {
    count += 1;
    const text = typeof answer === 'string' ? answer : autounattend(answer);
    const disc = await open(
      await makeDisc(
        folder.path,
        `answer-${count}`,
        'INGOT',
        answer === undefined ? { 'x.txt': 'x' } : { 'AUTOUNATTEND.xml': text },
      ),
    );
    const media = changes.media ?? windows;
    try {
      const plan = await planSetup({ ...HARDWARE, ...changes.hardware }, changes.discs ?? [media, tools, disc], media);
      const installed = freshWindows(plan.image);
      specialize(installed, plan.answer);
      oobe(installed, plan.answer);
      return `runs ${firstLogonCommand(installed, plan.answer)}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await disc.close();
    }
  }

  test('a right answer file goes through', async () => {
    assert.match(await setUp({}), /^runs powershell\.exe/);
    assert.match(
      await setUp({
        install: WORKING.install
          .replace('/IMAGE/INDEX', '/IMAGE/NAME')
          .replace('<Value>1<', '<Value>Windows Server SERVERSTANDARDACORE<'),
      }),
      /^runs/,
    );
    assert.match(await setUp({ userData: '<UserData><AcceptEula>true</AcceptEula></UserData>' }), /^runs/);
    const bios = { disk: BIOS_DISK };
    assert.match(await setUp(bios, { hardware: { firmware: 'bios' } }), /^runs/);
    assert.match(
      await setUp({ drivers: '' }, { hardware: { diskControllers: ['VirtualLsiLogicSASController'] } }),
      /^runs/,
    );
    const encoded = (suffix: string) => Buffer.from(`Secret-Password-1${suffix}`, 'utf16le').toString('base64');
    assert.match(
      await setUp({ password: `<Value>${encoded('AdministratorPassword')}</Value><PlainText>false</PlainText>` }),
      /^runs/,
    );
  });

  const mistakes: readonly [
    string,
    Partial<AnswerParts> | string | undefined,
    RegExp,
    { hardware?: Partial<Hardware> }?,
  ][] = [
    ['no answer file', undefined, /Language to install/],
    [
      'malformed XML',
      '<unattend xmlns="urn:schemas-microsoft-com:unattend"><settings>',
      /internal error while loading or searching/,
    ],
    ['another root', '<answers/>', /internal error while loading or searching/],
    [
      'a component that does not exist',
      {
        drivers:
          '</component><component name="Microsoft-Windows-Nonsense" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35">',
      },
      /for pass \[windowsPE\]/,
    ],
    [
      'a wrong public key token',
      autounattend().replace('31bf3856ad364e35', '31bf3856ad364e36'),
      /for pass \[windowsPE\]/,
    ],
    ['another architecture', autounattend().replaceAll('"amd64"', '"x86"'), /Language to install/],
    ['no UI language', { language: '' }, /Language to install/],
    [
      'an index that is not in the WIM',
      { install: WORKING.install.replace('<Value>1<', '<Value>2<') },
      /Software License Terms/,
    ],
    [
      'a name that is not in the WIM',
      { install: WORKING.install.replace('/IMAGE/INDEX', '/IMAGE/NAME') },
      /Software License Terms/,
    ],
    [
      'the license not accepted',
      { userData: WORKING.userData.replace('>true<', '>false<') },
      /I accept the license terms/,
    ],
    [
      'an empty product key',
      { userData: WORKING.userData.replace(/<Key>.*<\/Key>/, '<Key></Key>') },
      /<ProductKey> setting/,
    ],
    [
      'the key of another edition',
      { userData: WORKING.userData.replace('N2KJX-J94YW-TQVFB-DG9YT-724CC', '6NMRW-2C8FM-D24W7-TQWMY-CWH2D') },
      /<ProductKey> setting/,
    ],
    [
      'the key of another version',
      { userData: WORKING.userData.replace('N2KJX-J94YW-TQVFB-DG9YT-724CC', 'VDYBN-27WPP-V4HQT-9VMD4-VMK7H') },
      /<ProductKey> setting/,
    ],
    ['no driver path for pvscsi', { drivers: '' }, /storage driver is missing/],
    ['a driver path on another letter', { drivers: WORKING.drivers.replace('E:', 'F:') }, /storage driver is missing/],
    [
      'a driver folder of another Windows',
      { drivers: WORKING.drivers.replace('Win8', 'Win10') },
      /storage driver is missing/,
    ],
    ['a BIOS layout on EFI', { disk: BIOS_DISK }, /MBR partition table/],
    ['an EFI layout on BIOS', {}, /GPT partition style/, { hardware: { firmware: 'bios' } }],
    ['no disk configuration', { disk: '' }, /Where do you want to install/],
    [
      'a partition that is not made',
      { install: WORKING.install.replace('<PartitionID>3<', '<PartitionID>4<') },
      /DiskConfiguration/,
    ],
    [
      'the MSR as target',
      { install: WORKING.install.replace('<PartitionID>3<', '<PartitionID>2<') },
      /DiskConfiguration/,
    ],
    ['another disk as target', { install: WORKING.install.replace('<DiskID>0<', '<DiskID>1<') }, /DiskConfiguration/],
    ['no disk', {}, /find any drives/, { hardware: { diskControllers: [] } }],
    ['too little memory', {}, /0xE0000100/, { hardware: { memoryMB: 256 } }],
    ['a computer name that is too long', { computerName: 'A-NAME-OF-16-CHR' }, /for pass \[specialize\]/],
    ['a computer name of digits', { computerName: '12345' }, /for pass \[specialize\]/],
    ['no password', { password: '' }, /Type a password for the built-in administrator/],
    ['a simple password', { password: '<Value>simple</Value>', autoLogon: '' }, /0x800708C5/],
    [
      'a password encoded without its suffix',
      {
        password: `<Value>${Buffer.from('Secret-1', 'utf16le').toString('base64')}</Value><PlainText>false</PlainText>`,
      },
      /0x8007000d/,
    ],
    ['no automatic logon', { autoLogon: '' }, /Ctrl\+Alt\+Delete/],
    ['no logon count', { autoLogon: WORKING.autoLogon.replace('<LogonCount>1</LogonCount>', '') }, /Ctrl\+Alt\+Delete/],
    [
      'the wrong password for the logon',
      { autoLogon: WORKING.autoLogon.replace('Secret', 'Other') },
      /password is incorrect/,
    ],
    ['a command longer than 1024', { command: `powershell.exe ${'x'.repeat(1024)}` }, /for pass \[oobeSystem\]/],
    [
      'two first logon commands',
      { command: 'a</CommandLine></SynchronousCommand><SynchronousCommand><Order>2</Order><CommandLine>b' },
      /cmd\.exe/,
    ],
  ];
  for (const [name, answer, words, changes] of mistakes) {
    test(name, async () => assert.match(await setUp(answer, changes), words));
  }

  test('no key fits an evaluation', async () => {
    const media = await open(
      await makeWindowsDisc(folder.path, 'eval', {
        images: [{ name: 'Eval', editionId: 'ServerStandardEval', build: 20348 }],
      }),
    );
    assert.match(await setUp({}, { media }), /<ProductKey> setting/);
    assert.match(await setUp({ userData: '<UserData><AcceptEula>true</AcceptEula></UserData>' }, { media }), /^runs/);
    await media.close();
  });

  test('without an image chosen the product key chooses, or a list is shown', async () => {
    const images = [
      { name: 'Standard', editionId: 'ServerStandardACor' },
      { name: 'Datacenter', editionId: 'ServerDatacenterACor' },
    ];
    const media = await open(await makeWindowsDisc(folder.path, 'two', { images }));
    const install = WORKING.install.replace(/<InstallFrom>.*<\/InstallFrom>/, '');
    assert.match(await setUp({ install }, { media }), /^runs/);
    assert.match(
      await setUp({ install, userData: '<UserData><AcceptEula>true</AcceptEula></UserData>' }, { media }),
      /Select the operating system/,
    );
    await media.close();
  });

  test('the El Torito entry says whether a key is asked for, on UDF and on Joliet', async () => {
    for (const udf of [true, false]) {
      for (const prompt of [true, false]) {
        const disc = await open(await makeWindowsDisc(folder.path, `boot-${udf}-${prompt}`, { udf, prompt }));
        // Joliet has room for 16 characters.
        assert.equal(disc.label, udf ? 'SSS_X64FREE_EN-US_DV9' : 'SSS_X64FREE_EN-U');
        assert.equal(bootBehaviour(disc, 'efi'), prompt ? 'press-any-key' : 'no-prompt');
        assert.equal(bootBehaviour(disc, 'bios'), 'no-prompt');
        await disc.close();
      }
    }
    assert.equal(bootBehaviour(tools, 'efi'), 'not-bootable');
    assert.equal(await Disc.open(import.meta.filename), undefined);
    assert.equal(await Disc.open('/no/such/file'), undefined);
  });
});
