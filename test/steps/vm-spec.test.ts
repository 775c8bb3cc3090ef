import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../image/index.ts';
import { vmSpec } from '../../steps/support/vm-spec.ts';
import { SAMPLE, sampleText } from '../image/support.ts';

const { image } = loadText(SAMPLE, sampleText);
assert.ok(image !== undefined);
const spec = vmSpec(image, {
  ...{ name: 'vm', instanceUuid: 'x', guestId: 'windows9Server64Guest', datastoreName: 'd', nics: [], extraConfig: [] },
  cds: ['[d] windows.iso', '[d] tools.iso', '[d] answer.iso'],
});

test('VMware Tools do not upgrade themselves at a power cycle, which would meet the restarts of servicing', () => {
  assert.deepEqual(spec.tools, { toolsUpgradePolicy: 'manual', syncTimeWithHost: false });
});

test('each disc has a drive of its own, Windows the first', () => {
  const drives = (spec.deviceChange ?? []).flatMap(({ device }) =>
    device?.$type === 'VirtualCdrom' ? [{ unit: device.unitNumber, backing: device.backing }] : [],
  );
  assert.deepEqual(
    drives.map(({ unit }) => unit),
    [0, 1, 2],
  );
  assert.deepEqual(
    drives.map(({ backing }) => (backing !== undefined && 'fileName' in backing ? backing.fileName : '')),
    ['[d] windows.iso', '[d] tools.iso', '[d] answer.iso'],
  );
});
