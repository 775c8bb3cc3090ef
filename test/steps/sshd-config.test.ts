import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { execa } from 'execa';
import { missingOptions, type SshdOptions, setSshdConfig } from '../../steps/support/sshd-config.ts';
import { argumentsOf } from '../../steps/support/sshd-lines.ts';

const folder = await mkdtemp(join(tmpdir(), 'ingot-test-sshd-config-'));
after(() => rm(folder, { recursive: true }));
const hostKey = join(folder, 'host_key');
const included = join(folder, 'included.conf');
await Promise.all([
  execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]),
  writeFile(included, 'PasswordAuthentication yes\nMaxAuthTries 9\nMatch User nobody\n  X11Forwarding no\n'),
  // sshd looks for it even when it only reads its configuration.
  mkdir('/run/sshd', { recursive: true }).catch(() => undefined),
]);

/** What the end of Windows' own file says. */
const TAIL = [
  'Subsystem\tsftp\tsftp-server.exe',
  'Match Group administrators',
  '       AuthorizedKeysFile __PROGRAMDATA__/ssh/administrators_authorized_keys',
  '',
];
const WINDOWS = ['#Port 22', '#PasswordAuthentication yes', 'AuthorizedKeysFile .ssh/authorized_keys', ...TAIL];

let count = 0;
/** What OpenSSH's own sshd makes of a file, for a login of root: keyword to values. */
async function effective(content: Uint8Array): Promise<Map<string, string[]>> {
  count += 1;
  const file = join(folder, `sshd_config-${count}`);
  // Windows writes CRLF; its sshd takes it, and so does this one.
  await writeFile(file, content);
  const login = 'user=root,host=localhost,addr=127.0.0.1';
  const { stdout } = await execa('/usr/sbin/sshd', ['-T', '-C', login, '-h', hostKey, '-f', file]);
  const found = new Map<string, string[]>();
  for (const line of stdout.split('\n')) {
    const [keyword = '', ...rest] = line.split(' ');
    found.set(keyword, [...(found.get(keyword) ?? []), rest.join(' ')]);
  }
  return found;
}

const text = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'));
const WANTED: SshdOptions = { PasswordAuthentication: 'no', MaxAuthTries: '3', LogLevel: 'VERBOSE', Port: '2222' };
/** As `sshd -T` writes it. */
const EFFECTIVE = { passwordauthentication: ['no'], maxauthtries: ['3'], loglevel: ['VERBOSE'], port: ['2222'] };

const STATES: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  'of Windows': text(...WINDOWS),
  'of Windows, with LF': Buffer.from(WINDOWS.join('\n')),
  'without a newline at its end': text('MaxAuthTries 6'),
  'one blank line': text('', ''),
  'only comments': text('# a', '#b', '  # c'),
  'set already': text('Port 2222', 'PasswordAuthentication no', 'MaxAuthTries 3', 'LogLevel VERBOSE', ...TAIL),
  'set otherwise': text('Port 22', 'PasswordAuthentication yes', 'MaxAuthTries 6', 'LogLevel INFO', ...TAIL),
  'set twice, first right': text('MaxAuthTries 3', 'MaxAuthTries 6', ...TAIL),
  'set twice, first wrong': text('MaxAuthTries 6', 'MaxAuthTries 3', ...TAIL),
  'with equals signs': text('MaxAuthTries=6', 'LogLevel = INFO', 'Port=22', ...TAIL),
  'with equals signs, right': text('MaxAuthTries=3', 'LogLevel =VERBOSE', 'Port= 2222', ...TAIL),
  'with quotes': text('MaxAuthTries "6"', 'LogLevel "INFO"', ...TAIL),
  'with quotes, right': text('MaxAuthTries "3"', 'LogLevel "VERBOSE"', 'Port "2222"', ...TAIL),
  'a quoted keyword': text('"MaxAuthTries" 6', ...TAIL),
  'in another case': text('maxauthtries 6', 'LOGLEVEL info', 'pOrT 22', ...TAIL),
  'in another case, right': text('maxauthtries 3', 'passwordAUTHENTICATION no', ...TAIL),
  indented: text('   MaxAuthTries 6', '\tLogLevel INFO', ...TAIL),
  'with tabs': text('MaxAuthTries\t6', 'LogLevel\t\tINFO', ...TAIL),
  'with blanks at the ends': text('MaxAuthTries 6   ', 'LogLevel INFO\t', ...TAIL),
  'with a comment behind': text('MaxAuthTries 6 # six', ...TAIL),
  'with a comment behind, right': text('MaxAuthTries 3 # three', ...TAIL),
  'several ports': text('Port 22', 'Port 2022', 'ListenAddress 127.0.0.1', ...TAIL),
  'the right port among several': text('Port 2222', 'Port 22', ...TAIL),
  'Match first': text('Match Group administrators', '  MaxAuthTries 6', ''),
  'Match first, and blank lines': text('', 'Match User nobody', '  PasswordAuthentication yes', ''),
  'Match in another case': text('mAtCh user nobody', ' MaxAuthTries 6', ''),
  'Match with an equals sign': text('Match=User nobody', ' MaxAuthTries 6', ''),
  'two Match blocks': text('Match User a', ' MaxAuthTries 7', 'Match User b', ' MaxAuthTries 8', ''),
  'Match all at the end': text('MaxAuthTries 6', 'Match User a', ' MaxAuthTries 7', 'Match all', ' PrintMotd no', ''),
  'Match all that says the same': text('Match all', ' MaxAuthTries 3', ''),
  'a comment that says Match': text('# Match all', 'MaxAuthTries 6', '#Match User x', ...TAIL),
  'a keyword that begins alike': text('MaxSessions 6', 'PermitRootLogin yes', 'LogVerbose kex.c:*', ...TAIL),
  'a value that looks like a keyword': text('Banner MaxAuthTries', 'VersionAddendum Port', ...TAIL),
  'Latin-1 in a comment': Buffer.concat([Buffer.from([0x23, 0x20, 0xe4, 0xf6, 0x0d, 0x0a]), text(...WINDOWS)]),
  'UTF-8 with a byte order mark': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text(...WINDOWS)]),
  'UTF-16': Buffer.from(`\ufeff${WINDOWS.join('\r\n')}`, 'utf16le'),
};

suite('sshd_config as OpenSSH reads it', () => {
  for (const [name, content] of Object.entries(STATES)) {
    test(name, async () => {
      const { bytes } = setSshdConfig(content, WANTED);
      const encoded = /byte order mark|UTF-16/.test(name); // sshd itself cannot read these
      const [before, now] = await Promise.all([effective(encoded ? text(...WINDOWS) : content), effective(bytes)]);
      for (const [keyword, values] of Object.entries(EFFECTIVE)) {
        assert.deepEqual(now.get(keyword), values, bytes.toString());
        before.delete(keyword);
        now.delete(keyword);
      }
      // ListenAddress carries the port.
      for (const map of [before, now]) map.set('listenaddress', (map.get('listenaddress') ?? []).map(withoutPort));
      for (const map of [before, now]) map.set('listenaddress', [...new Set(map.get('listenaddress'))]);
      assert.deepEqual(now, before, 'nothing else changes');
      assert.deepEqual(missingOptions(bytes, WANTED), []);
      assert.deepEqual(setSshdConfig(bytes, WANTED).bytes, bytes, 'a second time changes nothing');
    });
  }

  test('an Include before it cannot say otherwise', async () => {
    const { Port: _, ...single } = WANTED;
    for (const lines of [
      [`Include ${included}`, ...WINDOWS],
      ['LogLevel INFO', `Include ${included}`, 'MaxAuthTries 6', ...TAIL],
      ['MaxAuthTries 6', `include "${included}"`, ...TAIL],
      ['Match User nobody', ` Include ${included}`, ''],
    ]) {
      const { bytes } = setSshdConfig(text(...lines), single);
      const now = await effective(bytes);
      assert.deepEqual(now.get('passwordauthentication'), ['no'], bytes.toString());
      assert.deepEqual(now.get('maxauthtries'), ['3'], bytes.toString());
      assert.deepEqual(missingOptions(bytes, single), []);
    }
  });

  test('lists, quotes and blanks', async () => {
    const options = { AllowGroups: 'root "openssh users"', Banner: '"/a b/c"' };
    const content = text('AllowGroups wheel', 'AllowGroups staff', ...TAIL);
    const { bytes } = setSshdConfig(content, options);
    const now = await effective(bytes);
    assert.deepEqual(now.get('allowgroups'), ['root', 'openssh users']);
    assert.deepEqual(now.get('banner'), ['/a b/c']);
    assert.equal(bytes.toString().match(/AllowGroups/g)?.length, 1);
  });
});

const withoutPort = (address: string): string => address.replace(/:\d+$/, '');

test('every line that is not meant stays as it was, byte for byte, and line ends are kept', () => {
  for (const [name, content] of Object.entries(STATES)) {
    if (/byte order mark|UTF-16/.test(name)) continue;
    const own = /^\s*"?(PasswordAuthentication|MaxAuthTries|LogLevel|Port)\b/i;
    const foreign = (bytes: Buffer) => {
      const lines = bytes.toString('latin1').split('\n');
      return lines.filter((line) => !own.test(line) && line.trim() !== '');
    };
    const { bytes } = setSshdConfig(content, WANTED);
    const ended = (lines: string[]) => lines.map((line) => line.replace(/\r$/, ''));
    assert.deepEqual(ended(foreign(bytes)), ended(foreign(content)), name);
    const crlf = !content.includes('\n') || content.includes('\r\n');
    assert.equal(/[^\r]\n/.test(bytes.toString('latin1')), !crlf, name);
  }
});

test('a new option stands where people look for it, and before the first Match', () => {
  const { bytes } = setSshdConfig(text(...WINDOWS), { PasswordAuthentication: 'no', MaxAuthTries: '3' });
  assert.deepEqual(bytes.toString().split('\r\n'), [
    '#Port 22',
    '#PasswordAuthentication yes',
    'PasswordAuthentication no',
    'AuthorizedKeysFile .ssh/authorized_keys',
    TAIL[0],
    'MaxAuthTries 3',
    ...TAIL.slice(1),
  ]);
});

test('what cannot be set surely is refused', () => {
  assert.throws(() => setSshdConfig(text('Include sshd_config.d/*', ...TAIL), { AllowGroups: 'a' }), {
    code: 'openssh.sshd-config-include',
    message: /every line of AllowGroups counts/,
  });
  assert.throws(() => setSshdConfig(text('Match all', ' MaxAuthTries 6'), { MaxAuthTries: '3' }), {
    code: 'openssh.sshd-config-match',
    message: /found “Match all”, which says otherwise for every login/,
  });
});

test('the port that sshd has anyway asks for no line; one that another file may add to is refused', () => {
  const content = text(...TAIL);
  assert.deepEqual(setSshdConfig(content, { Port: '22' }).bytes, content);
  assert.throws(() => setSshdConfig(text('Include x', ...TAIL), { Port: '22' }), { code: /include/ });
  const own = text('Port 22', 'Include x', ...TAIL);
  assert.deepEqual(setSshdConfig(own, { Port: '22' }).bytes, own);
});

test('logins that a Match block takes out of it are told', () => {
  const content = text('Match User backup', '  PasswordAuthentication yes', '');
  const { overridden } = setSshdConfig(content, { PasswordAuthentication: 'no' });
  assert.deepEqual(overridden, ['Match User backup: PasswordAuthentication yes']);
});

test('arguments are split as OpenSSH splits them', () => {
  assert.deepEqual(argumentsOf('a "b c" \'d e\' f\\ g "h\\"i" # j'), ['a', 'b c', 'd e', 'f g', 'h"i']);
  assert.deepEqual(argumentsOf('a#b "" c'), ['a#b', '', 'c']);
});

test('a line that says it already stays, however it is written', () => {
  const content = text('MaxAuthTries = 3', 'loglevel "VERBOSE"', 'Port=22 # ssh', '"Banner" none', ...TAIL);
  const wanted = { MaxAuthTries: '3', LogLevel: 'VERBOSE', Port: '22', Banner: 'none' };
  assert.deepEqual(setSshdConfig(content, wanted).bytes, content);
});
