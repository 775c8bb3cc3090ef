import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { readToolsConf, setToolsConf } from '../../steps/support/tools-conf.ts';
import { type KeyFile, readWithGlib } from './glib.ts';

const GROUP = 'guestinfo';
const KEY = 'exclude-nics';

interface State {
  readonly name: string;
  readonly before: Buffer | undefined;
  readonly value: string;
  /** Lines that must have become comments. */
  readonly refused: readonly string[];
}

/** What VMware Tools bring as an example, shortened: all commented out. */
const example =
  '[logging]\r\n#log = true\r\n\r\n[guestinfo]\r\n\r\n# NICs to leave out\r\n#exclude-nics=\r\n\r\n[unity]\r\n';
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');

const states: readonly State[] = [
  state('missing', undefined),
  state('empty', ''),
  state('blank lines only', '\n \n\n'),
  state('comments only', '# nothing here\n'),
  state('another group', '[logging]\nlog=true\n'),
  state('the example of VMware Tools', example),
  state('the group without the key', '[guestinfo]\npoll-interval=30\n\n# of logging\n[logging]\nlog=true\n'),
  state('the key with another value', '[guestinfo]\nexclude-nics = vEthernet*\nx=1\n'),
  state('blanks around =, already right', '[guestinfo]\n  exclude-nics \t=  \r\nx=1'),
  state('the key in another group', '[x]\nexclude-nics=a\n'),
  state('the key in capitals, which is another one', '[Guestinfo]\nexclude-nics=a\n[guestinfo]\nExclude-NICs=b\n'),
  state('without a group', 'exclude-nics=\n', ['exclude-nics=']),
  state('before the first group', 'exclude-nics=\n\n[guestinfo]\nx=1\n', ['exclude-nics=']),
  state('commented out', '[guestinfo]\n#exclude-nics=a\n# about x\nx=1\n'),
  state('the key twice', '[guestinfo]\nexclude-nics=\nx=1\nexclude-nics=b\n'),
  state('the key twice, the last one right', '[guestinfo]\nexclude-nics=b\nx=1\nexclude-nics=\ny=2\n'),
  state('the group twice', '[guestinfo]\nx=1\n[logging]\nlog=true\n[guestinfo]\ny=2\nx=3\n'),
  state('the group twice, the key in both', '[guestinfo]\nexclude-nics=a\n[logging]\n[guestinfo]\nexclude-nics=b\n'),
  state('the group twice, the key in the second', '[guestinfo]\nx=1\n\n[logging]\n[guestinfo]\nexclude-nics=b\ny=2\n'),
  state('CRLF', '[guestinfo]\r\nx=1\r\n\r\n[logging]\r\nlog=true\r\n'),
  state('mixed line ends', '[logging]\r\nlog=true\n[guestinfo]\nx=1\r\n\r\n'),
  state('UTF-16 LE, as PowerShell 5.1 writes it', utf16('[guestinfo]\r\nx=1\r\nexclude-nics=ä\r\n')),
  state('UTF-16 BE', utf16('[guestinfo]\r\nx=ä\r\n').swap16()),
  state('UTF-16 LE without a group', utf16('exclude-nics=\r\n'), ['exclude-nics=']),
  state('UTF-8 with a byte order mark', '\ufeff[guestinfo]\r\nexclude-nics=\r\n'),
  state('locales', '[guestinfo]\nexclude-nics[de]=a\nexclude-nics[en_GB@x.y]=b\nx[]=1\n'),
  state('a locale that is none', '[guestinfo]\nx[!]=1\nx [de]=2\ny=3\n', ['x[!]=1', 'x [de]=2']),
  state('comments around it', '[guestinfo]\n# before\nexclude-nics=a\n# after\n\n# far\n'),
  state('no line end at the end', '[guestinfo]\nx=1'),
  state('no line end behind the entry', '[guestinfo]\nexclude-nics=a'),
  state('no line end behind another group', '[logging]\r\nlog=true'),
  state('a CR without LF at the end', '[guestinfo]\nx=1\r'),
  state('CR within values and comments', '[guestinfo]\nx=1\ry=2\n# a\rb\nz=3\r\r\n'),
  state('CR only', '[guestinfo]\rexclude-nics=a\r', ['[guestinfo]\rexclude-nics=a\r']),
  state('a header that ends in two CR', '[guestinfo]\r\r\nx=1\n', ['[guestinfo]\r', 'x=1']),
  state('NUL in values, alone and behind headers', '[guestinfo]\0\nx=1\0junk\n\0\n\0y=1\n'),
  state('NUL in names', '[guestinfo]\nx\0y=1\nz=2\n[lo\0g]\n', ['x\0y=1', '[lo\0g]']),
  state('NUL, and a bracket behind it', '[guestinfo]\0]\nx=1\n[log]\ny=1\n', ['[guestinfo]\0]', 'x=1']),
  state('blanks around the header', ' \t[guestinfo] \t\nx=1\n'),
  state('blanks inside of the header, which is another group', '[ guestinfo ]\nexclude-nics=a\n'),
  state('words behind the header', '[guestinfo] # of ours\nexclude-nics=a\n[x]\ny=1\n', [
    '[guestinfo] # of ours',
    'exclude-nics=a',
  ]),
  state('a header without a name', '[guestinfo]\nx=1\n[]\nexclude-nics=a\n', ['[]', 'exclude-nics=a']),
  state('a header that is not closed', '[x]\na=1\n[guestinfo\nb=2\n', ['[guestinfo', 'b=2']),
  state('a tab in a header', '[a\tb]\nx=1\n', ['[a\tb]', 'x=1']),
  state('no =', '[guestinfo]\nexclude-nics\n', ['exclude-nics']),
  state('a semicolon before a comment', '; of ours\n[guestinfo]\n', ['; of ours']),
  state('nothing before =', '[guestinfo]\n = a\n', [' = a']),
  state('an encoding that is not UTF-8', '[guestinfo]\nEncoding=Windows-1252\nx=1\n', ['Encoding=Windows-1252']),
  state('the encoding UTF-8, and another in a second group', '[a]\nEncoding=utf-8\n[guestinfo]\nEncoding=x\n'),
  state('bytes that are no UTF-8', Buffer.from('[guestinfo]\nx=\xff\xfe\n# \xe4\nexclude-nics=\xe4\n', 'latin1')),
  state('umlauts', '[guestinfo]\nx=äö\n[größe]\ny=1\n'),
  state('escapes that GLib does not know', '[guestinfo]\nexclude-nics=a\\qb\nx=\\q\n'),
  state('a value', '[guestinfo]\n', [], 'vEthernet*,docker*'),
  state('a value with blanks, tabs, backslashes', 'x=1', ['x=1'], '  a\t\\b\\s=[c] # ;d '),
  state('the same value, escaped', '[guestinfo]\nexclude-nics=\\s\\\\s\\ta\n', [], ' \\s\ta'),
  state('a value with umlauts', utf16('[guestinfo]\nx=ü\n'), [], 'größe*'),
  state('a value like a header', '[x]\n', [], '[guestinfo]'),
];

function state(
  name: string,
  before: string | Buffer | undefined,
  refused: readonly string[] = [],
  value: string = '',
): State {
  return { name, before: typeof before === 'string' ? Buffer.from(before) : before, refused, value };
}

/** Random files of lines that matter, for the reader only. */
const randomFiles = fc.sample(
  fc
    .array(
      fc.tuple(
        fc.array(
          fc.constantFrom(
            '[',
            ']',
            '=',
            '#',
            ' ',
            '\t',
            '\r',
            '\f',
            '\v',
            '\0',
            '\\',
            's',
            'ä',
            '@',
            KEY,
            GROUP,
            'Encoding',
            'UTF-8',
          ),
          {
            maxLength: 6,
          },
        ),
        fc.constantFrom('\n', '\r\n', `\n[${GROUP}]\n`, `\n${KEY}=`),
      ),
      { maxLength: 5 },
    )
    .map((lines) => Buffer.from(lines.map(([parts, end]) => parts.join('') + end).join(''))),
  { numRuns: 1500, seed: 20_261_121 },
);

const merged = states.map(({ before, value }) => setToolsConf(before, GROUP, KEY, value));
const none = Buffer.alloc(0);
const glib = readWithGlib(GROUP, KEY, [
  ...states.map(({ before }) => before ?? none),
  ...merged.map(({ bytes }) => bytes),
  ...randomFiles,
  ...randomFiles.map((file) => setToolsConf(file, GROUP, KEY, 'a').bytes),
]);
const read = (index: number): KeyFile => glib[index] ?? assert.fail('GLib has told less than it was asked');

suite('tools.conf, as GLib reads it', () => {
  for (const [index, { name, before, value, refused }] of states.entries()) {
    test(name, () => {
      const was = read(index);
      const is = read(states.length + index);
      const result = merged[index] ?? assert.fail();
      assert.equal(is.error, null);
      assert.equal(is.asked, value);
      assert.deepEqual(
        result.refused.map((line) => line.replace(/^line \d+ \([a-z ,-]+\): /i, '')),
        refused,
        'what became a comment is named',
      );
      if (was.error === null) assert.deepEqual(others(is), others(was));
      assert.equal(was.error !== null, refused.length > 0 || isMarked(before), `GLib: ${was.error}`);
      assertKept(before, result.bytes, refused);
      assert.equal(isMarked(result.bytes), false, 'no byte order mark');
      const again = setToolsConf(result.bytes, GROUP, KEY, value);
      assert.deepEqual(again.bytes, result.bytes, 'a second run changes nothing');
      assert.deepEqual(again.refused, []);
      assert.equal(readToolsConf(result.bytes, GROUP, KEY), value);
      assert.equal(readToolsConf(before ?? none, GROUP, KEY) ?? null, was.asked);
    });
  }

  test('a file that is right already is not touched', () => {
    for (const name of ['blanks around =, already right', 'the same value, escaped']) {
      const index = states.findIndex((one) => one.name === name);
      assert.deepEqual(merged[index]?.bytes, states[index]?.before);
    }
  });

  test('an entry comes behind its example, else behind the last line of the group', () => {
    const after = (text: string) => Buffer.from(setToolsConf(Buffer.from(text), GROUP, KEY, '').bytes).toString();
    assert.equal(after(example), example.replace('#exclude-nics=\r\n', '#exclude-nics=\r\nexclude-nics=\r\n'));
    assert.equal(after('[guestinfo]\nx=1\n\n# of y\n[y]\n'), '[guestinfo]\nx=1\nexclude-nics=\n\n# of y\n[y]\n');
    assert.equal(after('[x]\ny=1'), '[x]\ny=1\n\n[guestinfo]\nexclude-nics=\n');
    assert.equal(after(''), '[guestinfo]\r\nexclude-nics=\r\n');
  });

  test('there is never a second entry', () => {
    for (const [index, { name }] of states.entries()) {
      if (!/^the key twice|the key in both/.test(name)) continue;
      const lines = linesOf(merged[index]?.bytes ?? none).filter(isEntry);
      assert.deepEqual(lines, ['exclude-nics=\n'], name);
    }
  });

  test('1500 random files: read alike, and read after the merge', () => {
    const start = 2 * states.length;
    let refused = 0;
    for (const [index, file] of randomFiles.entries()) {
      const was = read(start + index);
      const is = read(start + randomFiles.length + index);
      if (was.error !== null) refused++;
      const told = JSON.stringify([file.toString(), was, is]);
      assert.equal(readToolsConf(file, GROUP, KEY) ?? null, was.asked, told);
      assert.equal(setToolsConf(file, GROUP, KEY, 'a').refused.length > 0, was.error !== null, told);
      assert.equal(is.asked, 'a', told);
      if (was.error === null) assert.deepEqual(others(is), others(was), told);
    }
    assert.ok(refused > 200 && refused < 1300, `${refused} are refused`);
  });
});

/** All but what was asked for. */
function others({ values }: KeyFile): KeyFile['values'] {
  const { [GROUP]: { [KEY]: _, ...group } = {}, ...rest } = values;
  return { ...rest, [GROUP]: group };
}

function isMarked(bytes: Uint8Array | undefined): boolean {
  return ['fffe', 'feff', 'efbb'].includes(Buffer.from(bytes ?? none).toString('hex', 0, 2));
}

/** Every line is there, in the same order and byte for byte, but for the entry and what became a comment; no other came. */
function assertKept(before: Buffer | undefined, after: Uint8Array, refused: readonly string[]): void {
  const gone = linesOf(before ?? none);
  const come: string[] = [];
  const found = linesOf(after);
  const isKept = (was: string, is: string) => {
    const bare = was.replace(/\r?\n$/, '');
    const became = refused.includes(fromLatin1(bare)) && /^# [^:]+: /.test(is) ? is.replace(/^# [^:]+: /, '') : is;
    // The last line gets an end when another comes behind it.
    return became === was || (!was.endsWith('\n') && [`${was}\n`, `${was}\r\n`].includes(became));
  };
  for (const line of found) {
    const at = gone.findIndex((was) => isKept(was, line));
    // What is skipped on the way to it can only be an entry that was replaced or is gone.
    if (at >= 0 && gone.slice(0, at).every(isEntry)) gone.splice(0, at + 1);
    else come.push(line);
  }
  assert.ok(gone.every(isEntry), `gone: ${JSON.stringify(gone)}`);
  const isOurs = (line: string) => isEntry(line) || ['', `[${GROUP}]`].includes(line.trim());
  assert.ok(come.every(isOurs), `come: ${JSON.stringify(come)}`);
}

const isEntry = (line: string): boolean => /^\s*exclude-nics\s*=/.test(line);
const fromLatin1 = (line: string): string => Buffer.from(line, 'latin1').toString();

/** Lines with their ends, one byte a code unit; a byte order mark is none of theirs. */
function linesOf(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  const mark = buffer.toString('hex', 0, 2);
  const text =
    mark === 'fffe' || mark === 'feff'
      ? new TextDecoder(mark === 'fffe' ? 'utf-16le' : 'utf-16be').decode(buffer)
      : mark === 'efbb'
        ? buffer.toString('utf8', 3)
        : undefined;
  const plain = text === undefined ? buffer : Buffer.from(text);
  return plain.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
