import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { chooseImage, type WantedImage } from '../../iso/choose.ts';
import { inspectMedia } from '../../iso/inspect.ts';
import type { WindowsImage } from '../../iso/wim-xml.ts';
import { failure, openSample } from './tools.ts';

async function imagesOf(name: string): Promise<readonly WindowsImage[]> {
  await using source = await openSample(name);
  return (await inspectMedia(source)).images;
}

const wanted: WantedImage = { version: '2022', edition: 'Datacenter', installationType: 'Server Core' };

test('edition and installation type name one image of every version', async () => {
  const cases = [
    ['windows-server-2019', '2019', 'Server', 'Windows Server 2019 SERVERSTANDARD'],
    ['windows-server-20h2', '20H2', 'Server Core', 'Windows Server SERVERSTANDARDACORE'],
    ['windows-server-2022', '2022', 'Server Core', 'Windows Server 2022 SERVERSTANDARDCORE'],
    ['windows-server-2025', '2025', 'Server', 'Windows Server 2025 SERVERSTANDARD'],
  ] as const;
  for (const [media, version, installationType, name] of cases) {
    const { image } = chooseImage(await imagesOf(media), { version, edition: 'Standard', installationType });
    assert.equal(image.name, name);
  }
});

test('a selection by index, name, display name, edition id or flags takes the place of the edition', async () => {
  const images = await imagesOf('windows-server-2022');
  const index = (select: string | number) => chooseImage(images, { ...wanted, select }).image.index;
  assert.equal(index(2), 2);
  assert.equal(index('2'), 2);
  assert.equal(index('windows server 2022 serverstandard'), 2);
  assert.equal(index('Windows Server 2022 Standard (Desktop Experience)'), 2);
  assert.equal(index('SERVERSTANDARD'), 2);
  assert.equal(index('ServerStandard'), 1, 'two have the edition id: the installation type decides');
});

test('nothing is guessed: none or several is an error that lists what there is', async () => {
  const images = await imagesOf('windows-server-2022');
  const message = (list: readonly WindowsImage[], want: WantedImage) => {
    try {
      chooseImage(list, want);
    } catch (error) {
      assert.ok(error instanceof IngotError && error.code === 'media.image');
      return { text: error.message, evidence: error.evidence };
    }
    return assert.fail('expected an error');
  };
  const none = message(images, { ...wanted, select: 'Essentials' });
  assert.match(none.text, /“Essentials”, found none/);
  assert.equal(none.evidence?.length, 4);
  assert.equal(
    none.evidence?.[0],
    '1: Windows Server 2022 SERVERSTANDARDCORE (ServerStandard, Server Core, 10.0.20348.587, amd64)',
  );
  const twice = message([...images, ...images], wanted);
  assert.match(twice.text, /found 2: indexes 3, 3/);
  assert.deepEqual(message([], wanted).evidence, ['the media hold no Windows images']);
});

test('another Windows version or architecture is refused with what was found', async () => {
  const images = await imagesOf('windows-server-2022');
  assert.throws(
    () => chooseImage(images, { ...wanted, version: '2019' }),
    (error: unknown) => {
      assert.ok(error instanceof IngotError && error.code === 'media.build');
      assert.match(
        error.message,
        /Expected Windows Server 2019 \(build 17763\), found Windows Server 2022 \(build 20348\)/,
      );
      return true;
    },
  );
  const arm = images.map((image) => ({ ...image, architecture: 'arm64' as const }));
  assert.throws(() => chooseImage(arm, wanted), failure('media.architecture'));
});

test('the build gate passes or not by revision, with the reason', async () => {
  const images = await imagesOf('windows-server-2022');
  const old = chooseImage(images, wanted).gate;
  assert.deepEqual([old.passed, old.minimum], [false, '20348.681']);
  assert.match(old.reason, /KB5012637/);
  const patched = images.map((image) => ({ ...image, revision: 681 }));
  assert.equal(chooseImage(patched, wanted).gate.passed, true);
  const first = chooseImage(await imagesOf('windows-server-20h2'), { ...wanted, version: '20H2' }).gate;
  assert.deepEqual([first.passed, first.minimum], [true, '19042.0']);
  assert.match(first.reason, /KB4565351/);
});

test('evaluation editions are found by their edition and told apart', async () => {
  const images = (await imagesOf('windows-server-2022')).map((image) => ({
    ...image,
    editionId: `${image.editionId}Eval`,
  }));
  assert.equal(chooseImage(images, wanted).image.index, 3);
});
