import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Disc } from '../../lab/disc/disc.ts';
import { startBootstrap } from '../../lab/guest/bootstrap.ts';
import { bootBehaviour } from '../../lab/guest/firmware.ts';
import type { Hardware } from '../../lab/guest/hardware.ts';
import { firstLogonCommands, oobe, specialize } from '../../lab/guest/oobe.ts';
import { planSetup } from '../../lab/guest/setup.ts';
import { SetupStop } from '../../lab/guest/setup-stop.ts';
import { freshWindows } from '../../lab/guest/windows.ts';
import { autounattend } from './support/answer.ts';
import { makeDisc, makeToolsDisc, makeWindowsDisc, temporaryFolder, type WindowsDiscOptions } from './support/media.ts';
import { biosLayout, MISTAKES } from './support/setup-mistakes.ts';

const HARDWARE: Hardware = {
  name: 'win',
  firmware: 'efi',
  memoryMB: 4096,
  cdroms: [],
  cdromsFirst: false,
  diskControllers: ['ParaVirtualSCSIController'],
  nics: [],
};

interface Changes {
  readonly hardware?: Partial<Hardware> | undefined;
  readonly media?: WindowsDiscOptions | undefined;
}

describe('Windows Setup stops where the real one does', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let tools: Disc;
  const media = new Map<string, Promise<Disc>>();

  async function open(path: string): Promise<Disc> {
    const disc = await Disc.open(path);
    assert.ok(disc !== undefined);
    return disc;
  }

  function windowsDisc(options: WindowsDiscOptions = {}): Promise<Disc> {
    const key = JSON.stringify(options);
    const disc = media.get(key) ?? makeWindowsDisc(folder.path, `windows-${media.size}`, options).then(open);
    media.set(key, disc);
    return disc;
  }

  before(async () => {
    folder = await temporaryFolder();
    tools = await open(await makeToolsDisc(folder.path, 'tools'));
  });
  after(async () => {
    for (const disc of [tools, ...(await Promise.all(media.values()))]) await disc.close();
    await folder[Symbol.asyncDispose]();
  });

  let count = 0;
  /** Sets Windows up with these bytes as Autounattend.xml; the words on its screen, or `runs` and what runs then. */
  async function setUp(answer: string | Buffer | undefined, changes: Changes = {}): Promise<string> {
    count += 1;
    const files = answer === undefined ? { 'x.txt': 'x' } : { 'AUTOUNATTEND.xml': answer };
    const disc = await open(await makeDisc(folder.path, `answer-${count}`, 'INGOT', files));
    const windows = await windowsDisc(changes.media);
    try {
      const plan = await planSetup({ ...HARDWARE, ...changes.hardware }, [windows, tools, disc], windows);
      const installed = freshWindows(plan.image);
      specialize(installed, plan.answer);
      oobe(installed, plan.answer);
      return `runs ${firstLogonCommands(installed, plan.answer).join('; ')}`;
    } catch (error) {
      if (error instanceof SetupStop) return error.message;
      throw error;
    } finally {
      await disc.close();
    }
  }

  const good = autounattend();
  test('a right answer file goes through', async () => {
    assert.match(await setUp(good), /^runs powershell\.exe/);
    const byName = good
      .replace('/IMAGE/INDEX', '/IMAGE/NAME')
      .replace('<Value>1<', '<Value>Windows Server SERVERSTANDARDACORE<');
    assert.match(await setUp(byName), /^runs/);
    assert.match(await setUp(good.replace(/<ProductKey>.*<\/ProductKey>/, '')), /^runs/);
    assert.match(await setUp(good.replace(/<Key>N2.*<\/Key>/, '<Key>BBBBB-CCCCC-DDDDD-FFFFF-GGGGG</Key>')), /^runs/);
    const bios = biosLayout(good);
    assert.match(await setUp(bios, { hardware: { firmware: 'bios' } }), /^runs/);
    const sas = { hardware: { diskControllers: ['VirtualLsiLogicSASController'] } };
    assert.match(await setUp(good.replace(/<DriverPaths>.*<\/DriverPaths>/, ''), sas), /^runs/);
    const anywhere = '<InstallToAvailablePartition>true</InstallToAvailablePartition>';
    assert.match(await setUp(good.replace(/<InstallTo>.*<\/InstallTo>/, anywhere)), /^runs/);
    const twoDisks = { hardware: { diskControllers: [...HARDWARE.diskControllers, 'ParaVirtualSCSIController'] } };
    assert.match(await setUp(good.replaceAll('<DiskID>0<', '<DiskID>1<'), twoDisks), /^runs/);
    assert.match(await setUp(good.replaceAll('amd64"', 'x86"').replaceAll('x86"', 'amd64"')), /^runs/);
    assert.match(await setUp(good.replace('>UTC<', '>W. Europe Standard Time_dstoff<')), /^runs/);
  });

  test('UTF-16 and a byte order mark are read', async () => {
    assert.match(await setUp(Buffer.from(`\uFEFF${good}`)), /^runs/);
    const utf16 = Buffer.from(`\uFEFF${good.replace('utf-8', 'utf-16')}`, 'utf16le');
    assert.match(await setUp(utf16), /^runs/);
    assert.match(await setUp(Buffer.from(utf16).swap16()), /^runs/);
  });

  test('passwords encoded as Windows does it', async () => {
    const encoded = (suffix: string) =>
      `<Value>${Buffer.from(`Secret-Password-1${suffix}`, 'utf16le').toString('base64')}</Value><PlainText>false</PlainText>`;
    const both = good
      .replace(
        /<AdministratorPassword>.*<\/AdministratorPassword>/,
        `<AdministratorPassword>${encoded('AdministratorPassword')}</AdministratorPassword>`,
      )
      .replace(/<Password>.*<\/Password>/, `<Password>${encoded('Password')}</Password>`);
    assert.match(await setUp(both), /^runs/);
  });

  for (const { name, change, words, hardware, media: disc } of MISTAKES) {
    test(name, async () => assert.match(await setUp(change(good), { hardware, media: disc }), words));
  }

  test('an evaluation is installed without a key', async () => {
    const images = [{ name: 'Eval', editionId: 'ServerStandardEval', build: 20348 }];
    assert.match(await setUp(good.replace(/<ProductKey>.*<\/ProductKey>/, ''), { media: { images } }), /^runs/);
  });

  test('without an image chosen the product key chooses', async () => {
    const images = [
      { name: 'Datacenter', editionId: 'ServerDatacenterACor' },
      { name: 'Standard', editionId: 'ServerStandardACor' },
    ];
    assert.match(await setUp(good.replace(/<InstallFrom>.*<\/InstallFrom>/, ''), { media: { images } }), /^runs/);
  });

  test('several first logon commands start together: the order is not kept', async () => {
    const second = '</CommandLine></SynchronousCommand><SynchronousCommand><Order>2</Order><CommandLine>b';
    assert.equal(
      await setUp(good.replace(/<CommandLine>.*(?=<\/CommandLine>)/, `<CommandLine>a${second}`)),
      'runs b; a',
    );
  });

  test('the bootstrap runs beside other commands, but not twice', async () => {
    const bootstrap = (/^runs (.*)/.exec(await setUp(good)) ?? [])[1] ?? '';
    await assert.rejects(startBootstrap(['cmd.exe', bootstrap], []), /'FileSystemLabel' equal to 'INGOT'/);
    await assert.rejects(startBootstrap([bootstrap, bootstrap], []), /being used by another process/);
    await assert.rejects(startBootstrap(['cmd.exe'], []), /not recognized/);
  });

  test('the El Torito entry says whether a key is asked for, on UDF and on Joliet', async () => {
    for (const udf of [true, false]) {
      for (const prompt of [true, false]) {
        const disc = await open(await makeWindowsDisc(folder.path, `boot-${udf}-${prompt}`, { udf, prompt }));
        // Joliet has room for 16 characters.
        assert.equal(disc.label, udf ? 'SSS_X64FREE_EN-US_DV9' : 'SSS_X64FREE_EN-U');
        assert.equal(bootBehaviour(disc, 'efi'), prompt ? 'press-any-key' : 'no-prompt');
        assert.equal(bootBehaviour(disc, 'bios'), 'no-prompt');
        assert.equal(bootBehaviour(disc, 'bios', true), 'press-any-key');
        await disc.close();
      }
    }
    for (const [name, hasOther] of [
      ['windows-server-2022', true],
      ['windows-server-2022-prompt', false],
    ] as const) {
      const disc = await open(join(import.meta.dirname, '../../lab/media', `${name}.iso`));
      assert.equal(bootBehaviour(disc, 'efi'), 'press-any-key');
      assert.equal(disc.find('efi/microsoft/boot/efisys_noprompt.bin') !== undefined, hasOther);
      await disc.close();
    }
    assert.equal(bootBehaviour(tools, 'efi'), 'not-bootable');
    assert.equal(await Disc.open(import.meta.filename), undefined);
    assert.equal(await Disc.open('/no/such/file'), undefined);
  });
});
