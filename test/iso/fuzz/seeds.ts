import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { makeEsd, makeWim } from '../fixtures/wim.ts';
import { KERNEL_IMAGES, kernelImage, run, sample } from '../tools.ts';
import { type UdfVariant, udfImage } from '../udf-image.ts';
import type { Seed } from './mutate.ts';
import { findTargets } from './targets.ts';

const UDF_2_60: UdfVariant = {
  extended: true,
  allocation: 'extended',
  partition: 'metadata',
  names: 16,
  continued: true,
};

/** Seeds of every format: made by foreign tools, but for what none of them writes. */
export async function makeSeeds(): Promise<readonly Seed[]> {
  const folder = await mkdtemp(`${tmpdir()}/ingot-fuzz-`);
  try {
    const wim = await makeWim(folder);
    const esd = await makeEsd(wim, `${folder}/install.esd`);
    await makeTree(`${folder}/in`, wim);
    const make = async (name: string, ...command: readonly string[]) => {
      const [tool = '', ...options] = command;
      await run(tool, ...options, '-quiet', '-o', `${folder}/${name}`, `${folder}/in`);
      return readFile(`${folder}/${name}`);
    };
    const boot = ['-b', 'one.img', '-no-emul-boot', '-c', 'boot.cat', '-eltorito-alt-boot'];
    const efi = ['-e', 'efi.img', '-no-emul-boot'];
    const xorriso = ['xorriso', '-as', 'mkisofs'];
    return [
      seed('Windows Server 2022', 'iso', await readFile(sample('windows-server-2022'))),
      ...(await Promise.all(KERNEL_IMAGES.map(async (name) => seed(`UDF ${name}`, 'iso', await kernelImage(name))))),
      ...(['metadata', 'virtual', 'virtual-1.50', 'sparable'] as const).map((partition) =>
        seed(`UDF 2.60 ${partition}`, 'iso', udfImage({ ...UDF_2_60, partition }, 'name')),
      ),
      seed('Joliet', 'iso', await make('joliet', 'genisoimage', '-J', '-D')),
      seed('Rock Ridge of genisoimage', 'iso', await make('ridge', 'genisoimage', '-R')),
      seed('Rock Ridge of xorriso', 'iso', await make('ridge2', ...xorriso, '-R', ...boot, ...efi)),
      seed(
        'level 3 and El Torito',
        'iso',
        await make('plain', 'genisoimage', '-D', '-iso-level', '3', ...boot, ...efi),
      ),
      seed('WIM', 'wim', await readFile(wim)),
      seed('ESD', 'wim', await readFile(esd)),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function seed(name: string, kind: Seed['kind'], bytes: Buffer): Seed {
  const windows: number[] = [];
  const zeros = Buffer.alloc(64);
  for (let at = 0; at + 64 <= bytes.length; at += 64) if (!zeros.equals(bytes.subarray(at, at + 64))) windows.push(at);
  return { name, kind, bytes, targets: findTargets(bytes), windows };
}

/** Long names, folders that are moved, boot images, and a WIM. */
async function makeTree(folder: string, wim: string): Promise<void> {
  await mkdir(`${folder}/1/2/3/4/5/6/7/8/9`, { recursive: true });
  await mkdir(`${folder}/sources`);
  await writeFile(`${folder}/1/2/3/4/5/6/7/8/9/deep.txt`, 'deep');
  for (let index = 0; index < 10; index += 1) await writeFile(`${folder}/${index}${'-long'.repeat(40)}`, '');
  for (const name of ['one', 'efi']) await writeFile(`${folder}/${name}.img`, Buffer.alloc(4096, 1));
  await writeFile(`${folder}/sources/lang.ini`, '[Available UI Languages]\r\nen-US = 3\r\n');
  await writeFile(`${folder}/sources/install.wim`, await readFile(wim));
}
