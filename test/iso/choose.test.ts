import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { buildGate } from '../../iso/build-gate.ts';
import { chooseImage, settingsFor, type WantedImage } from '../../iso/choose.ts';
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

for (const [version, build, revision, passed, minimum, reason] of [
  ['20H2', 19042, 508, true, '19042.508', /^19042\.508 passes: .*KB4565351, the update of August 2020/],
  ['20H2', 19042, 1706, true, '19042.508', /^19042\.1706 passes/],
  ['20H2', 19042, 507, false, '19042.508', /^19042\.507 fails: it is a preview of 20H2, .*KB4565351/],
  ['20H2', 20348, 3000, false, '19042.508', /^20348\.3000 fails/],
  ['2022', 20348, 587, false, '20348.681', /^20348\.587 fails: it lacks KB5012637 \(20348\.681\).*updates bring it/],
  ['2022', 20348, 680, false, '20348.681', /fails/],
  ['2022', 20348, 681, true, '20348.681', /^20348\.681 passes: it holds KB5012637/],
  ['2019', 17763, 1, true, '17763.0', /^17763\.1 passes/],
  ['2025', 26100, 1742, true, '26100.0', /^26100\.1742 passes/],
] as const) {
  test(`${version} at ${build}.${revision} ${passed ? 'passes' : 'fails'} the build gate, with the reason`, () => {
    const gate = buildGate({ build, revision }, version);
    assert.deepEqual([gate.passed, gate.found, gate.minimum], [passed, `${build}.${revision}`, minimum]);
    assert.match(gate.reason, reason);
  });
}

test('2019 alone is told that OpenShift needs a newer one for VXLAN on a custom port', () => {
  const notice = (version: WantedImage['version']) => buildGate({ build: 0, revision: 0 }, version).notice;
  assert.match(notice('2019') ?? '', /no VXLAN on a custom port, which OpenShift needs/);
  assert.deepEqual([notice('20H2'), notice('2022'), notice('2025')], [null, null, null]);
});

test('an image that fails the gate is chosen all the same: updates may lift it', async () => {
  const { image, gate } = chooseImage(await imagesOf('windows-server-2022'), wanted);
  assert.deepEqual([image.index, gate.passed, gate.found], [3, false, '20348.587']);
});

test('an edition id names both types, so the installation type decides, and must be there', async () => {
  const images = await imagesOf('windows-server-2022');
  const desktop = images.filter((image) => image.installationType === 'Server');
  assert.throws(() => chooseImage(desktop, { ...wanted, select: 'ServerStandard' }), failure('media.image'));
  const index = (select: string | number) => chooseImage(desktop, { ...wanted, select }).image.index;
  assert.equal(index(2), 2, 'an index names one image, whatever its type');
  assert.equal(index(' Windows Server 2022 SERVERSTANDARD '), 2);
  const evaluation = images.map((image) => ({ ...image, index: image.index + 4, editionId: `${image.editionId}Eval` }));
  const both = [...images, ...evaluation];
  assert.throws(() => chooseImage(both, wanted), failure('media.image'), 'full and evaluation on the same media');
  assert.equal(chooseImage(both, { ...wanted, select: 'ServerDatacenterEval' }).image.index, 7);
  assert.throws(() => chooseImage(both, { ...wanted, select: 'SERVERSTANDARDCORE' }), failure('media.image'));
  const [bare] = images.map((image) => ({ ...image, flags: '' }));
  assert.ok(bare);
  assert.throws(() => chooseImage([bare], { ...wanted, select: '' }), failure('media.image'));
});

test('older Windows Server is named in the error', async () => {
  const old = (await imagesOf('windows-server-2022')).map((image) => ({ ...image, build: 14393 }));
  assert.throws(() => chooseImage(old, wanted), /found Windows Server 2016 \(build 14393\)/);
  const unknown = old.map((image) => ({ ...image, build: 12345 }));
  assert.throws(() => chooseImage(unknown, wanted), /found build 12345/);
});

test('a list of very many images is cut', async () => {
  const [image] = await imagesOf('windows-server-2022');
  assert.ok(image);
  const many = Array.from({ length: 1000 }, (_, at) => ({ ...image, index: at + 1 }));
  try {
    chooseImage(many, wanted);
    assert.fail('expected an error');
  } catch (error) {
    assert.ok(error instanceof IngotError);
    assert.equal(error.evidence?.length, 51);
    assert.equal(error.evidence?.at(-1), '… and 950 more');
  }
});

test('the settings for an image choose that image, by its edition where that is enough', async () => {
  const images = await imagesOf('windows-server-2022');
  const settings = images.map((image) => settingsFor(images, image));
  assert.deepEqual(settings[2], {
    version: '2022',
    edition: 'Datacenter',
    installationType: 'Server Core',
    select: null,
  });
  assert.deepEqual(
    settings.map((each) => [each?.edition, each?.installationType, each?.select]),
    [
      ['Standard', 'Server Core', null],
      ['Standard', 'Server', null],
      ['Datacenter', 'Server Core', null],
      ['Datacenter', 'Server', null],
    ],
  );
  const [first] = images;
  assert.ok(first);
  const azure = { ...first, index: 5, editionId: 'ServerTurbine', name: 'Azure Edition' };
  assert.deepEqual(settingsFor([...images, azure], azure), {
    version: '2022',
    edition: null,
    installationType: 'Server Core',
    select: 'Azure Edition',
  });
  const twin = { ...first, index: 6 };
  assert.equal(settingsFor([...images, twin], twin)?.select, 6, 'names that are not unique are no names');
  assert.equal(settingsFor(images, { ...first, build: 14393 }), undefined);
  assert.equal(settingsFor([{ ...first, architecture: 'arm64' }], { ...first, architecture: 'arm64' }), undefined);
});

test('evaluation editions are found by their edition and told apart', async () => {
  const images = (await imagesOf('windows-server-2022')).map((image) => ({
    ...image,
    editionId: `${image.editionId}Eval`,
  }));
  assert.equal(chooseImage(images, wanted).image.index, 3);
});
