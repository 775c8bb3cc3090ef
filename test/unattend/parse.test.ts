import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IngotError } from '../../common/failure.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { failure, sysprepOptions } from './samples.ts';

const RIGHT = writeAnswerFile(sysprepAnswerFile(sysprepOptions));
const NAMESPACE = 'urn:schemas-microsoft-com:unattend';

test('what is no answer file is refused with line and column', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['', 'unattend.xml', /line 1, column 1/],
    ['   \n ', 'unattend.xml', /line 2/],
    ['no XML at all', 'unattend.xml', /line 1/],
    ['{"pass": "specialize"}', 'unattend.xml', /line 1/],
    ['<a>', 'unattend.xml', /line 1/],
    [`<unattend\n xmlns="${NAMESPACE}">\n</x>`, 'unattend.xml', /line 3/],
    [`<unattend xmlns="${NAMESPACE}">\n<a b="1" b="2"/></unattend>`, 'unattend.xml', /line 2/],
    [`<unattend xmlns="${NAMESPACE}">\n\n&nbsp;</unattend>`, 'unattend.xml', /line 3/],
    [`<unattend xmlns="${NAMESPACE}">\n<x:a/></unattend>`, 'unattend.xml', /line 2/],
    [`<unattend xmlns="${NAMESPACE}">a\u0001</unattend>`, 'unattend.xml', /line 1/],
    [`<unattend xmlns="${NAMESPACE}"/>\n<unattend xmlns="${NAMESPACE}"/>`, 'unattend.xml', /line 2/],
    ['<unattend/>', 'unattend.root', /line 1, column 1/],
    ['<?xml version="1.0"?>\n\n  <project/>', 'unattend.root', /line 3, column 3/],
    [
      `<unattend xmlns="${NAMESPACE}">\n <settings pass="specialize">\n  <part/></settings></unattend>`,
      'unattend.root',
      /line 3, column 3/,
    ],
    [RIGHT.replace('<ComputerName>', 'text\n<ComputerName>'), 'unattend.mixed', /line \d+, column 5: .*“text”/],
    [`${`<a xmlns="${NAMESPACE}">`.repeat(100)}`, 'unattend.xml', /64 levels/],
  ];
  for (const [xml, code, message] of cases) {
    assert.throws(() => parseAnswerFile(xml), failure(code, message), xml.slice(0, 80));
  }
});

test('a document type is refused before anything in it is read', () => {
  const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('\n');
  const types = [
    '<!DOCTYPE unattend SYSTEM "file:///etc/passwd">',
    '<!DOCTYPE unattend [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE unattend [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
    `<!DOCTYPE unattend [<!ENTITY l0 "ha">\n${laughs}]>`,
  ];
  for (const type of types) {
    const xml = `<?xml version="1.0"?>\n${type}\n<unattend xmlns="${NAMESPACE}">&l9;&x;</unattend>`;
    assert.throws(() => parseAnswerFile(xml), failure('unattend.doctype', /line 2, column 1/), type);
  }
});

test('bytes that do not follow their encoding are refused with line and column', () => {
  const utf8 = Buffer.from(RIGHT);
  const at = utf8.indexOf('winhost');
  const line = RIGHT.slice(0, RIGHT.indexOf('winhost')).split('\n').length;
  const broken = Buffer.concat([utf8.subarray(0, at), Buffer.from([0xc3, 0x28]), utf8.subarray(at)]);
  assert.throws(
    () => parseAnswerFile(broken),
    failure('unattend.encoding', new RegExp(`line ${line}, column ${'      <ComputerName>'.length + 1}: .*utf-8`, 'i')),
  );
  const utf16 = Buffer.from(`\ufeff${RIGHT.replace('UTF-8', 'UTF-16')}`, 'utf16le');
  utf16.writeUInt16LE(0xdc00, utf16.indexOf(Buffer.from('winhost', 'utf16le')));
  assert.throws(
    () => parseAnswerFile(utf16),
    failure('unattend.encoding', new RegExp(`line ${line}, .*utf-16le`, 'i')),
  );
  for (let at = 100; at < 140; at++) {
    const before = RIGHT.slice(0, at).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}:`;
    const file = Buffer.concat([utf8.subarray(0, at), Buffer.from([0xff]), utf8.subarray(at)]);
    assert.throws(() => parseAnswerFile(file), failure('unattend.encoding', new RegExp(place)), place);
  }
  assert.throws(() => parseAnswerFile(Buffer.from([0x3c, 0xff, 0xff])), failure('unattend.encoding', /line 1/));
  for (const declared of ['klingon', 'utf-16', 'UTF-32', 'ISO-10646-UCS-2']) {
    const file = Buffer.from(`<?xml version="1.0" encoding="${declared}"?><a/>`);
    assert.throws(() => parseAnswerFile(file), failure('unattend.encoding', /line 1, column 1/), declared);
  }
  const latin = Buffer.from(RIGHT.replace('UTF-8', 'windows-1252').replace('winhost', 'w\u00fcnhost'), 'latin1');
  assert.match(JSON.stringify(parseAnswerFile(latin)), /wünhost/);
});

test('a file that is too large is refused unread', () => {
  const large = `${RIGHT}<!--${'x'.repeat(9 * 1024 * 1024)}-->`;
  for (const form of [large, Buffer.from(large)]) assert.throws(() => parseAnswerFile(form), failure('unattend.size'));
});

test('whatever the bytes, they are read or refused as an IngotError with a place', () => {
  const bytes = Buffer.from(RIGHT);
  const damage = fc.record({
    at: fc.nat(bytes.length - 1),
    remove: fc.nat(20),
    insert: fc.uint8Array({ maxLength: 6 }),
  });
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      let file = bytes;
      for (const { at, remove, insert } of damages) {
        file = Buffer.concat([file.subarray(0, at), insert, file.subarray(at + remove)]);
      }
      try {
        parseAnswerFile(file);
      } catch (error) {
        assert.ok(error instanceof IngotError && error.code.startsWith('unattend.'), String(error));
        assert.match(error.message, /line \d+, column \d+/);
        assert.deepEqual(
          error.evidence?.map((line) => line.replace(/\d+/, 'N')),
          ['line: N', 'column: N'],
        );
      }
    }),
    { numRuns: 400 },
  );
});

test('places count as editors do: after a wide character, a tabulator, a byte order mark', () => {
  const xml = `\ufeff<unattend xmlns="${NAMESPACE}">\r\n\t<!-- < 😀 --><settings\r\n pass="x"/></unattend>`;
  assert.deepEqual(parseAnswerFile(xml).passes[0]?.place, { line: 2, column: 15 });
});
