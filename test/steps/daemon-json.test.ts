import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mergeDaemonJson } from '../../steps/support/daemon-json.ts';

const read = (bytes: Buffer) => JSON.parse(bytes.toString('utf8'));
const text = (value: unknown) => Buffer.from(JSON.stringify(value));

test('objects are merged, lists and values replace, all else stays', () => {
  const found = { hosts: ['npipe://'], 'log-opts': { 'max-size': '10m', tag: 'x' }, debug: true };
  const { bytes, changed } = mergeDaemonJson(text(found), {
    hosts: ['tcp://127.0.0.1:2375'],
    'log-opts': { 'max-size': '50m', 'max-file': '3' },
    'exec-opts': ['isolation=process'],
  });
  assert.equal(changed, true);
  assert.deepEqual(read(bytes), {
    hosts: ['tcp://127.0.0.1:2375'],
    'log-opts': { 'max-size': '50m', tag: 'x', 'max-file': '3' },
    debug: true,
    'exec-opts': ['isolation=process'],
  });
});

test('a file that says all of it stays byte for byte; one that is missing or blank is made', () => {
  const odd = Buffer.from('{\r\n\t"debug" : true, "b": [1,2]\r\n}');
  assert.deepEqual(mergeDaemonJson(odd, { debug: true }), { bytes: odd, changed: false });
  for (const nothing of [undefined, Buffer.alloc(0), Buffer.from(' \r\n')])
    assert.deepEqual(mergeDaemonJson(nothing, { debug: true }), {
      bytes: Buffer.from('{\n  "debug": true\n}\n'),
      changed: true,
    });
});

test('what PowerShell 5.1 writes is read, and becomes UTF-8 without a byte order mark', () => {
  const found = '{"label": "ä"}';
  for (const bytes of [Buffer.from(`\ufeff${found}`), Buffer.from(`\ufeff${found}`, 'utf16le')]) {
    const merged = mergeDaemonJson(bytes, { label: 'ä' });
    assert.equal(merged.changed, true, 'dockerd cannot read it as it is');
    assert.equal(merged.bytes.toString('utf8'), '{\n  "label": "ä"\n}\n');
  }
});

test('a file that is no JSON object is an error that shows it, and never written over', () => {
  for (const [content, found] of [
    ['{"debug": true,}', /found no JSON: /],
    ['[]', /found a list$/],
    ['"text"', /found a single value$/],
    ['null', /found a single value$/],
    ['{"a": 1} x', /found no JSON: /],
  ] as const) {
    assert.throws(() => mergeDaemonJson(Buffer.from(content), { debug: true }), {
      code: 'docker.daemon-json',
      message: found,
      evidence: [content],
    });
  }
});

test('merging twice is merging once, whatever was there', () => {
  const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(json, json, (found, settings) => {
      const plain = JSON.parse(JSON.stringify(settings));
      const once = mergeDaemonJson(text(found), plain).bytes;
      assert.equal(mergeDaemonJson(once, plain).changed, false);
      for (const key of Object.keys(found)) assert.ok(Object.hasOwn(read(once), key), key);
    }),
  );
});
