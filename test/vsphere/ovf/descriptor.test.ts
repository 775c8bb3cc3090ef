import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { readDescriptor, setExtraConfig } from '../../../vsphere/ovf/descriptor.ts';
import { readManifest, writeManifest } from '../../../vsphere/ovf/manifest.ts';

const NAMES =
  'xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:vmw="http://www.vmware.com/schema/ovf" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"';

/** As vCenter writes it, with other prefixes, and line ends of Windows. */
const text = `<?xml version="1.0"?>\r
<Envelope ${NAMES}>\r
  <References><File ovf:href="a-disk-0.vmdk" ovf:id="file1" ovf:size="12"/></References>\r
  <DiskSection><Info/><Disk ovf:capacity="60" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="vmdisk1" ovf:fileRef="file1"/></DiskSection>\r
  <NetworkSection><Info/><Network ovf:name="VM &amp; Network"/></NetworkSection>\r
  <VirtualSystem ovf:id="vm"><Info/><Name>windows</Name>\r
    <OperatingSystemSection ovf:id="1" vmw:osType="windows2019srv_64Guest"><Info/></OperatingSystemSection>\r
    <VirtualHardwareSection><Info/><System><vssd:VirtualSystemType>vmx-15</vssd:VirtualSystemType></System>\r
      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>\r
      <vmw:ExtraConfig ovf:required="false" vmw:key="ingot.role" vmw:value="export"></vmw:ExtraConfig>\r
      <vmw:ExtraConfig ovf:required="false" vmw:key="other" vmw:value="1"/>\r
    </VirtualHardwareSection>\r
  </VirtualSystem>\r
</Envelope>\r
`;

test('what an import looks at', () => {
  assert.deepEqual(readDescriptor(text, 'a.ovf'), {
    name: 'windows',
    files: [{ id: 'file1', href: 'a-disk-0.vmdk', size: 12, compression: undefined, chunkSize: undefined }],
    networks: ['VM & Network'],
    disks: [{ id: 'vmdisk1', capacityBytes: 60 * 2 ** 30, fileRef: 'file1' }],
    hardwareVersion: 'vmx-15',
    guestId: 'windows2019srv_64Guest',
    config: new Map([['firmware', 'efi']]),
    extraConfig: new Map([
      ['ingot.role', 'export'],
      ['other', '1'],
    ]),
    systems: 1,
  });
});

test('extraConfig is changed, added and taken out; all else of the text stays', async () => {
  const facts = '{"keys":["a & <b>"],\n\t"n": 1}';
  const wanted = new Map([
    ['ingot.role', 'template'],
    ['ingot.facts', facts],
    ['gone', undefined],
  ]);
  const changed = setExtraConfig(text, wanted);
  const { extraConfig, ...rest } = readDescriptor(changed, 'a.ovf');
  const { extraConfig: _, ...before } = readDescriptor(text, 'a.ovf');
  assert.deepEqual(
    extraConfig,
    new Map([
      ['other', '1'],
      ['ingot.role', 'template'],
      ['ingot.facts', facts],
    ]),
  );
  assert.deepEqual(rest, before);
  // Only the lines of what was changed are others.
  const without = (all: string) =>
    all
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.includes('ingot.'));
  assert.deepEqual(without(changed), without(text));
  const xpath =
    'string(//*[local-name()="ExtraConfig"][@*[local-name()="key"]="ingot.facts"]/@*[local-name()="value"])';
  assert.equal(await xmllint(['--xpath', xpath, '-'], changed), `${facts}\n`);
});

test('what is there already is left as it is written', () => {
  assert.equal(setExtraConfig(text, new Map([['ingot.role', 'export']])), text);
  assert.equal(setExtraConfig(text, new Map()), text);
});

test('no XML, another document and a missing section', () => {
  for (const bad of ['<Envelope', '<html/>', text.replace('envelope/1"', 'envelope/x"')])
    assert.throws(() => readDescriptor(bad, 'a.ovf'), { code: 'ovf.descriptor' });
  const bare = `<Envelope ${NAMES}/>`;
  assert.throws(() => setExtraConfig(bare, new Map([['a', 'b']])), { code: 'ovf.descriptor' });
});

test('manifests of several writers', () => {
  const sha256 = 'a'.repeat(64);
  const own = writeManifest([{ name: 'a b (1).vmdk', sha256 }]);
  assert.equal(own, `SHA256(a b (1).vmdk)= ${sha256}\n`);
  assert.deepEqual(readManifest(own, 'm').get('a b (1).vmdk'), { algorithm: 'sha256', digest: sha256 });
  const others = `SHA1(a.ovf)= ${'B'.repeat(40)}\r\nSHA-512 (b.vmdk) = ${'c'.repeat(128)}\r\n\r\n`;
  assert.deepEqual(
    [...readManifest(others, 'm')],
    [
      ['a.ovf', { algorithm: 'sha1', digest: 'b'.repeat(40) }],
      ['b.vmdk', { algorithm: 'sha512', digest: 'c'.repeat(128) }],
    ],
  );
  for (const bad of [`SHA256(a)= ${'a'.repeat(40)}`, `MD5(a)= ${'a'.repeat(32)}`, 'nothing'])
    assert.throws(() => readManifest(bad, 'm'), { code: 'ovf.manifest' });
});

function xmllint(args: readonly string[], input: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile('xmllint', args, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  child.stdin?.end(input);
  return promise;
}
