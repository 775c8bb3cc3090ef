import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { codeText, explain, inWords, updateCodes } from '../../steps/support/update-codes.ts';

test('a code is known however it is written', () => {
  for (const code of ['0x8024402C', '0x8024402c', -2145107924, 0x8024402c]) {
    assert.equal(codeText(code), '0x8024402C');
    assert.match(explain(code)?.meaning ?? '', /could not be resolved/);
  }
  assert.equal(explain('0x80004005'), undefined);
});

test('result and code are told in words', () => {
  assert.equal(inWords(2, '0x00000000'), 'succeeded');
  assert.equal(inWords(5, 0), 'aborted');
  assert.equal(inWords(4, '0x80004005'), 'failed, 0x80004005');
  assert.equal(inWords(4, -2147023293), 'failed, 0x80070643 (the installer of the update failed)');
  assert.equal(inWords(9, 0), 'result 9');
});

test('every code of the table stands in docs/updates.md with its remedy, and no other', async () => {
  const text = await readFile(new URL('../../docs/updates.md', import.meta.url), 'utf8');
  const rows = new Map([...text.matchAll(/^\| `(0x[0-9A-F]{8})` \| (.*?) \| (.*) \|$/gm)].map((row) => [row[1], row]));
  assert.deepEqual([...rows.keys()], [...updateCodes.keys()]);
  for (const [code, { meaning, remedy, restart }] of updateCodes) {
    assert.equal(rows.get(code)?.[2], meaning);
    assert.ok(rows.get(code)?.[3]?.endsWith(remedy), code);
    assert.equal(rows.get(code)?.[3]?.startsWith('Windows is restarted once'), restart === true, code);
  }
});

test('the codes of the facts about Windows Update are explained', () => {
  // windows-failures U1 to U24.
  const list =
    '80070005 80244022 80240024 8002802B 80240022 80240016 8024001E 8007045B 80240041 8024004A 80248007 8024402C 8024401B 80072EE2 80072EFD 80072EFE 80072F8F 80070422 8024200B 80070643 800F0922 800F081F 800F0821 800F0920 80240017 800F081E 80073712';
  for (const code of list.split(' ')) assert.ok(explain(`0x${code}`) !== undefined, code);
});
