import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportFiles } from '../../../vsphere/ovf/export-files.ts';
import { tarHeader } from '../../../vsphere/ovf/tar.ts';
import type { HttpNfcLeaseInfo } from '../../../vsphere/vim25.gen.ts';

test('the longest names of package and VM still fit into an OVA, each file with its own', () => {
  const name = `${'p'.repeat(60)}-20261121T155602Z-57d5`;
  const vm = 'v'.repeat(50);
  const device = (targetId: string) => ({
    ...{ key: targetId, importKey: '', url: 'https://*/nfc/x', sslThumbprint: '', disk: true, targetId },
  });
  const info: HttpNfcLeaseInfo = {
    lease: { type: 'HttpNfcLease', value: 'l' },
    entity: { type: 'VirtualMachine', value: 'vm-1' },
    deviceUrl: ['disk-0.vmdk', 'disk-1.vmdk', `${vm}.nvram`, `${vm}_2.nvram`].map(device),
    totalDiskCapacityInKB: 1,
    leaseTimeout: 300,
  };
  const names = exportFiles(info, name).map((file) => file.name);
  for (const file of names) tarHeader(file, 0, new Date());
  assert.deepEqual(names.slice(0, 2), [`${name}-disk-0.vmdk`, `${name}-disk-1.vmdk`]);
  assert.equal(new Set(names).size, 4);
  assert.ok(
    names.slice(2).every((file) => file.startsWith(name) && file.endsWith('.nvram')),
    names.join(),
  );
});
