import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { installAnswerFile } from '../../unattend/install.ts';
import { type AnswerFile, COMPONENT_ATTRIBUTES, type Setting } from '../../unattend/model.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { sysprepAnswerFile } from '../../unattend/sysprep.ts';
import { writeAnswerFile } from '../../unattend/write.ts';
import { leaves, pythonTrees, type Tree } from './oracle.ts';
import { xmlText } from './random-options.ts';
import { facts, failure, HOSTILE, installOptions, sysprepOptions } from './samples.ts';

function withValues(settings: readonly Setting[]): AnswerFile {
  const component = { name: 'Microsoft-Windows-Shell-Setup', attributes: { ...COMPONENT_ATTRIBUTES }, settings };
  return { passes: [{ pass: 'oobeSystem', components: [component] }] };
}

function readByPython(xml: string): Tree {
  const [tree] = pythonTrees([xml]);
  assert.ok(tree !== undefined);
  return tree;
}

test('10,000 random texts end as themselves in another parser, as values and as attributes', () => {
  const texts = [...HOSTILE, ...fc.sample(xmlText, { numRuns: 10_000, seed: 20 })];
  const xml = writeAnswerFile(withValues(texts.map((value) => ({ name: 'OEMName', value, keyValue: value }))));
  const component = readByPython(xml).children[0]?.children[0];
  assert.deepEqual(
    component?.children.map(({ text }) => text),
    texts,
  );
  assert.deepEqual(
    component?.children.map(({ attributes }) => Object.values(attributes)[0]),
    texts,
  );
  const parsed = parseAnswerFile(xml).passes[0]?.components[0]?.settings;
  assert.deepEqual(
    parsed?.map(({ value }) => value),
    texts,
  );
  assert.deepEqual(
    parsed?.map(({ keyValue }) => keyValue),
    texts,
  );
});

test('hostile names, organisations, passwords and paths end as themselves', () => {
  const texts = HOSTILE.filter((value) => value !== '');
  const files = texts.flatMap((text) => {
    const options = { organization: text, owner: text, administratorPassword: text };
    const install = installAnswerFile({ ...installOptions, ...options, driverPaths: [text] });
    const join = { domain: 'example.com', organizationalUnit: text, machinePassword: text };
    const sysprep = sysprepAnswerFile({ ...sysprepOptions, ...options, domainJoin: join });
    return [
      { text, xml: writeAnswerFile(install), times: 5 },
      { text, xml: writeAnswerFile(sysprep), times: 4 },
    ];
  });
  const trees = pythonTrees(files.map(({ xml }) => xml));
  for (const [index, { text, xml, times }] of files.entries()) {
    const found = trees[index] === undefined ? [] : leaves(trees[index]);
    assert.equal(found.filter((value) => value === text).length, times, text);
    const password = Object.entries(facts(parseAnswerFile(xml))).find(([path]) =>
      path.endsWith('AdministratorPassword/Value'),
    )?.[1];
    assert.equal(Buffer.from(password ?? '', 'base64').toString('utf16le'), `${text}AdministratorPassword`);
  }
});

test('what XML cannot hold is refused with its place', () => {
  for (const value of ['\0', 'a\u0008', '\u001b[0m', '\ufffe', '\ud800', 'x\udc00']) {
    assert.throws(
      () => writeAnswerFile(sysprepAnswerFile({ ...sysprepOptions, organization: value })),
      failure('unattend.character', /in oobeSystem\/Microsoft-Windows-Shell-Setup\/RegisteredOrganization, found U\+/),
    );
    assert.throws(
      () => writeAnswerFile(withValues([{ name: 'A', value: 'x', keyValue: value }])),
      failure('unattend.character', /in oobeSystem\/Microsoft-Windows-Shell-Setup\/A, found U\+/),
    );
  }
});

test('a name that XML cannot have is refused with its place', () => {
  for (const name of ['a b', '<a>', '1a', '', 'a:b:c', 'undeclared:a', 'a/', 'a"b']) {
    const place = /in oobeSystem\/Microsoft-Windows-Shell-Setup\//;
    assert.throws(() => writeAnswerFile(withValues([{ name, value: 'x' }])), failure('unattend.name', place), name);
    const attributed = withValues([{ name: 'A', value: 'x', attributes: { [name]: 'x' } }]);
    assert.throws(() => writeAnswerFile(attributed), failure('unattend.name', place), name);
  }
});

test('any text in place of any option ends as itself or is refused as an IngotError', () => {
  const hostile = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom(...HOSTILE));
  fc.assert(
    fc.property(hostile, (text) => {
      const options = { ...sysprepOptions, computerName: text, timeZone: text, organization: text };
      let xml: string;
      try {
        xml = writeAnswerFile(sysprepAnswerFile(options));
      } catch (error) {
        assert.ok(failure('unattend.character')(error), text);
        return;
      }
      const read = facts(parseAnswerFile(xml));
      assert.equal(read['specialize/Microsoft-Windows-Shell-Setup/ComputerName'], text);
    }),
    { numRuns: 200 },
  );
});
