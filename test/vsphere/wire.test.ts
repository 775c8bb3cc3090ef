import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFault, decodeValue } from '../../vsphere/decode.ts';
import { encodeProperties } from '../../vsphere/encode.ts';
import { escapeName, nearest, sameName, unescapeName } from '../../vsphere/names.ts';
import type { VirtualMachineConfigSpec } from '../../vsphere/vim25.gen.ts';
import { methods, types } from '../../vsphere/vim25.wire.gen.ts';
import { isA, isNewer, methodOf, propertiesOf } from '../../vsphere/wire.ts';
import { escapeXml, parseXml } from '../../vsphere/xml.ts';

function encode(spec: VirtualMachineConfigSpec | Record<string, unknown>, api = '6.7'): string {
  return encodeProperties(spec, propertiesOf('VirtualMachineConfigSpec') ?? [], { path: 'spec', api });
}

test('properties go out in the order of the type, whatever order they are given in', () => {
  const xml = encode({ firmware: 'efi', memoryMB: 4096, name: 'x', numCPUs: 2, guestId: 'g' });
  assert.equal(
    xml,
    '<name>x</name><guestId>g</guestId><numCPUs>2</numCPUs><memoryMB>4096</memoryMB><firmware>efi</firmware>',
  );
});

test('inherited properties come first, and a subtype is named', () => {
  const xml = encode({
    deviceChange: [
      {
        operation: 'add',
        device: { $type: 'VirtualDisk', capacityInKB: 5, unitNumber: 0, controllerKey: -1, key: -2 },
      },
    ],
  });
  assert.equal(
    xml,
    '<deviceChange><operation>add</operation><device xsi:type="VirtualDisk"><key>-2</key><controllerKey>-1</controllerKey>' +
      '<unitNumber>0</unitNumber><capacityInKB>5</capacityInKB></device></deviceChange>',
  );
});

test('an anyType says its type', () => {
  const values = ['a<b', true, 7, 2 ** 40, 0.5, ['x'], { type: 'Folder', value: 'group-1' }];
  const xml = encode({ extraConfig: values.map((value) => ({ key: 'k', value })) });
  assert.deepEqual(
    [...xml.matchAll(/<value xsi:type="([^"]*)"/g)].map((match) => match[1]),
    ['xsd:string', 'xsd:boolean', 'xsd:int', 'xsd:long', 'xsd:double', 'ArrayOfString', 'ManagedObjectReference'],
  );
  assert.ok(xml.includes('a&lt;b'));
});

test('what the type does not know, or cannot be, is refused', () => {
  const wrong: readonly Record<string, unknown>[] = [
    { nam: 'x' },
    { numCPUs: '2' },
    { numCPUs: 1.5 },
    { numCPUs: 2 ** 31 },
    { name: 'a\u0001b' },
    { name: '\ud800' },
    { deviceChange: {} },
    { deviceChange: [{ device: { $type: 'VirtualFolder', key: 1 } }] },
    { deviceChange: [{ device: { $type: 'OptionValue', key: 'x' } }] },
    { deviceChange: [{ operation: 'add' }] },
    { extraConfig: [{ key: 'k', value: { a: 1 } }] },
  ];
  for (const spec of wrong) assert.throws(() => encode(spec), { code: 'vsphere.request' }, JSON.stringify(spec));
});

test('what the server is too old for is refused, not dropped', () => {
  const spec = { vcpuConfig: [{}] };
  assert.throws(() => encode(spec, '6.7.3'), { code: 'vsphere.too-old' });
  assert.doesNotThrow(() => encode(spec, '7.0.0.0'));
  assert.equal(encode({ vcpuConfig: undefined }, '6.7'), '');
});

test('versions compare by number', () => {
  assert.ok(isNewer('8.0.1.0', '8.0.0.2') && isNewer('10.0', '9.1.0.0') && isNewer('6.7.1', '6.7'));
  assert.ok(!isNewer('6.7', '6.7.0') && !isNewer('7.0.3.0', '7.0.3.1'));
});

test('text survives the way through XML', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = escapeXml(text);
      if (escaped !== undefined) assert.equal(parseXml(`<a>${escaped}</a>`).text, text);
    }),
  );
});

test('names are escaped and compared unescaped', () => {
  fc.assert(fc.property(fc.string(), (name) => unescapeName(escapeName(name)) === name));
  assert.equal(escapeName('a/b\\c%d'), 'a%2fb%5cc%25d');
  assert.ok(sameName('a/b', 'a%2Fb') && !sameName('a', 'A'));
  assert.deepEqual(nearest('VM Netwrk', ['Management', 'VM Network', 'vMotion'], 1), ['VM Network']);
});

const XSI = 'xmlns:_XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance"';

test('a value is read by its xsi:type, whatever the prefix', () => {
  const read = (xml: string) => decodeValue(parseXml(xml), 'any');
  assert.equal(read(`<val ${XSI} _XMLSchema-instance:type="xsd:int">7</val>`), 7);
  assert.equal(read(`<val ${XSI} _XMLSchema-instance:type="xsd:boolean">true</val>`), true);
  assert.equal(read(`<val ${XSI} _XMLSchema-instance:type="VirtualMachinePowerState">poweredOn</val>`), 'poweredOn');
  assert.deepEqual(
    read(`<val ${XSI} _XMLSchema-instance:type="ArrayOfOptionValue"><OptionValue><key>a</key></OptionValue></val>`),
    [{ key: 'a' }],
  );
});

test('a subtype that is not known is read as far as its base goes', () => {
  const xml = `<device ${XSI} _XMLSchema-instance:type="VirtualFutureThing"><key>9</key><unitNumber>1</unitNumber><glow>red</glow></device>`;
  assert.deepEqual(decodeValue(parseXml(xml), 'VirtualDevice'), {
    $type: 'VirtualFutureThing',
    key: 9,
    unitNumber: 1,
    glow: 'red',
  });
});

test('an array of one is an array', () => {
  const value = decodeValue(
    parseXml('<x><network>n</network><ipAddress>10.0.0.1</ipAddress><connected>1</connected></x>'),
    'GuestNicInfo',
  );
  assert.deepEqual(value, { network: 'n', ipAddress: ['10.0.0.1'], connected: true });
});

test("a fault's message that ends at a colon is completed", () => {
  const fault = decodeFault(
    parseXml(
      `<error ${XSI}><fault _XMLSchema-instance:type="GenericVmConfigFault"><faultMessage><key>k</key>` +
        '<message>The disk is locked</message></faultMessage><reason>r</reason></fault>' +
        '<localizedMessage>Invalid virtual machine configuration:</localizedMessage></error>',
    ),
  );
  assert.equal(fault.type, 'GenericVmConfigFault');
  assert.equal(fault.message, 'Invalid virtual machine configuration: The disk is locked');
  assert.equal(fault.details.reason, 'r');
});

test('the bases of faults are known', () => {
  assert.ok(isA('NotAuthenticated', 'NoPermission') && isA('NotAuthenticated', 'RuntimeFault'));
  assert.ok(
    isA('FileNotFound', 'FileFault') && isA('FileNotFound', 'VimFault') && !isA('FileNotFound', 'RuntimeFault'),
  );
});

test('every type that the tables name is in them', () => {
  const simple = new Set('any string boolean byte short int long float double void dateTime base64 fault'.split(' '));
  const all = [
    ...Object.keys(types).flatMap((name) => propertiesOf(name) ?? []),
    ...Object.keys(methods).flatMap((name) => methodOf(name as keyof typeof methods).params),
  ];
  const unknown = all
    .map(({ type }) => type)
    .filter((type) => !/^[&=]/.test(type) && !simple.has(type) && !(type in types));
  assert.deepEqual([...new Set(unknown)], []);
  assert.ok(all.length > 800);
});

test('the tables agree with the published facts', () => {
  // Only where these lie beside the checkout; `generate-vim25.py --check` says the same from pyVmomi itself.
  const file = new URL('../../../shared/reference/vim25.json', import.meta.url);
  if (!existsSync(file)) return;
  const facts: { types: Record<string, { base: string; props: string[] }> } = JSON.parse(readFileSync(file, 'utf8'));
  for (const name of Object.keys(types)) {
    const order: string[] = [];
    for (let at: string | undefined = name; at && at !== 'DynamicData' && facts.types[at]; at = facts.types[at]?.base)
      order.unshift(...(facts.types[at]?.props ?? []).map((prop) => prop.split(': ')[0] ?? ''));
    const ours = (propertiesOf(name) ?? []).map((prop) => `${prop.name}${prop.optional ? '?' : ''}`);
    if (name === 'DynamicProperty') continue;
    assert.deepEqual(
      ours,
      order.filter((prop) => ours.includes(prop)),
      name,
    );
  }
});
