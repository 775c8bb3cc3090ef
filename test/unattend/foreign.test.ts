import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lintAnswerFile } from '../../unattend/lint.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { modelTree, passesFirst, pythonTrees } from './oracle.ts';

const FOLDER = join(import.meta.dirname, 'foreign');
const NAMES = readdirSync(FOLDER).sort();
const FILES = new Map(NAMES.map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]));

/** What is wrong with each file: line, column and code, as a reader of the file finds them. */
const FINDINGS: Readonly<Record<string, readonly string[]>> = {
  'cdata-and-comments.xml': ['13:11 unattend.order'],
  'cloud.xml': ['14:9 unattend.skip-oobe', '15:9 unattend.skip-oobe'],
  'entities.xml': [],
  'generator.xml': ['10:4 unattend.keyboard', '17:5 unattend.will-show-ui', '27:2 unattend.root-element'],
  'image-builder.xml': ['27:7 unattend.computer-name'],
  'mdt.xml': ['4:3 unattend.architecture', '13:4 unattend.skip-rearm', '28:155 unattend.order-gap'],
  'nested-namespace.xml': ['5:7 unattend.setting', '8:3 unattend.root-element'],
  'odd-prefixes.xml': ['6:91 unattend.password-plain', '8:5 unattend.setting', '10:3 unattend.root-element'],
  'packer-2019.xml': [
    '6:13 unattend.will-show-ui',
    '41:17 unattend.will-show-ui',
    '57:21 unattend.product-key-edition',
    '67:13 unattend.auto-logon-count',
    '68:17 unattend.password-plain',
    '82:17 unattend.first-logon-several',
  ],
  'panther-copy.xml': [
    '1:410 unattend.password-encoding',
    '1:496 unattend.auto-logon-sysprep',
    '1:507 unattend.password-encoding',
  ],
  'sim.xml': ['24:9 unattend.component'],
  'two-architectures.xml': ['6:5 unattend.architecture'],
};

function found(file: string | Uint8Array): readonly string[] {
  return lintAnswerFile(parseAnswerFile(file)).map(({ place, code }) => `${place?.line}:${place?.column} ${code}`);
}

/** The forms in which the same text comes from other machines. */
function forms(text: string): readonly (string | Uint8Array)[] {
  const windows = text.replaceAll('\n', '\r\n');
  const utf16 = text.replace(/encoding="[\w-]+"/, 'encoding="utf-16"');
  return [
    text,
    windows,
    Buffer.from(`\ufeff${windows.replace(/encoding="[\w-]+"/, 'encoding="utf-8"')}`),
    Buffer.from(`\ufeff${utf16}`, 'utf16le'),
    Buffer.from(`\ufeff${utf16.replaceAll('\n', '\r\n')}`, 'utf16le').swap16(),
  ];
}

test('there is an expectation for every foreign file', () => {
  assert.ok(NAMES.length >= 10);
  assert.deepEqual(Object.keys(FINDINGS), NAMES);
});

test('foreign files are read without loss, in every encoding, as Python reads them', () => {
  const all = [...FILES.values()].flatMap(forms);
  const trees = pythonTrees(all);
  for (const [index, form] of all.entries()) {
    const read = parseAnswerFile(form);
    const name = NAMES[Math.floor(index / 5)];
    assert.deepEqual(modelTree(read), trees[index] === undefined ? undefined : passesFirst(trees[index]), name);
  }
});

test('what was read is written without loss', () => {
  const read = [...FILES.values()].map((text) => parseAnswerFile(text));
  const written = read.map(writeAnswerFile);
  const trees = pythonTrees(written);
  for (const [index, file] of read.entries()) {
    assert.deepEqual(trees[index], modelTree(file), NAMES[index]);
    assert.deepEqual(modelTree(parseAnswerFile(written[index] ?? '')), modelTree(file), NAMES[index]);
  }
});

for (const [name, text] of FILES) {
  test(`${name}: findings stand where they are, in every encoding`, () => {
    for (const form of forms(text)) assert.deepEqual(found(form), FINDINGS[name]);
  });
}
