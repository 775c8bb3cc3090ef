import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { WORDS } from '../../lab/guest/setup-stop.ts';
import { tooSimple } from '../../steps/support/password.ts';
import { bootstrapFailed, nothingYet, stuck } from '../../steps/support/setup-failures.ts';
import { setupWords } from '../../steps/support/setup-words.ts';
import { root } from '../cli/ingot.ts';

const late = new IngotError('vsphere.deadline', 'too late');
const stuckAt = (last: string) => stuck(3_600_000, last, 'picture.png', late);

suite('Setup stands still', () => {
  test('before there is a word from inside: all that the picture may show, each with what to do', () => {
    const { remedy, evidence = [] } = stuckAt(nothingYet);
    assert.deepEqual(evidence, [
      'screenshot: picture.png',
      ...setupWords.map(({ shows, remedy: one }) => `“${shows}”: ${one}`),
    ]);
    assert.match(remedy ?? '', /^look at the screenshot.*raise timeouts\.install$/);
  });

  test('words of public reports lead to the remedy', () => {
    const of = (words: string) => setupWords.filter(({ shows }) => words.includes(shows)).map(({ remedy }) => remedy);
    assert.match(of(WORDS.unreadable).join(), /ingot unattend show/);
    assert.match(of(WORDS.productKey).join(), /windows\.productKey/);
    assert.match(of(WORDS.memory).join(), /hardware\.memory/);
    assert.match(of(WORDS.restarted).join(), /build again/);
    // Those of several codes or settings stand in one row.
    const all = setupWords.map(({ shows }) => shows).join(' ');
    for (const part of ['<DiskConfiguration>', '0x8007000D', '0x800708C5', 'could not parse or process'])
      assert.ok(all.includes(part), part);
  });

  test('every one has its source', () => {
    for (const { shows, remedy, source } of setupWords) assert.ok(source.length > 10 && remedy.length > 10, shows);
  });

  test('in the bootstrap: the stage, and where its log is', () => {
    const { remedy, evidence } = stuckAt('Installing OpenSSH Server');
    assert.match(remedy ?? '', /“Installing OpenSSH Server”.*bootstrap\.log.*openssh\.archive/);
    assert.deepEqual(evidence, ['screenshot: picture.png']);
  });
});

suite('the bootstrap fails', () => {
  const remedy = (code?: string) => bootstrapFailed('words', [], code).remedy ?? '';

  test('what it knows of has a remedy of its own, anything else its log', () => {
    assert.match(remedy('tools.setup'), /vmware-tools\.log.*“Return value 3”.*bootstrap\.log/);
    assert.match(remedy('tools.no-disc'), /media\.toolsIso/);
    assert.equal(remedy(), remedy('guest.script'));
    assert.match(remedy(), /bootstrap\.log/);
  });

  test('remedies are for codes that the scripts of the bootstrap give', () => {
    const scripts = ['bootstrap', 'lib-sshd', 'lib-tools', 'lib-openssh', 'common', 'lib-archive'];
    const text = scripts.map((name) => readFileSync(join(root, 'scripts', `${name}.ps1`), 'utf8')).join('\n');
    const causes = readFileSync(join(root, 'steps/support/bootstrap-causes.ts'), 'utf8');
    const codes = [...causes.matchAll(/^ {2}'([a-z.-]+)':/gm)].map(([, code = '']) => code);
    assert.ok(codes.length > 5);
    for (const code of codes) assert.ok(text.includes(`-Code '${code}'`), code);
  });
});

test('a password that Windows refuses is known before it is asked', () => {
  for (const password of ['Passw0rd', 'pass-w0rd', 'PASS-W0RD', 'Pass-word', 'Ärger-und-weh', '漢字Abc'])
    assert.equal(tooSimple(password, 'Administrator'), undefined, password);
  for (const password of ['', 'password', 'password1', 'PASSWORD-', '12345-']) {
    assert.equal(tooSimple(password, 'Administrator'), 'fewer kinds', password);
  }
  assert.equal(tooSimple('My-administrator-1', 'Administrator'), 'the name Administrator in it');
  assert.equal(tooSimple('My-administrator-1', 'Administrateur'), undefined);
});
