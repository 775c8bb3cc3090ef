import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nodesOf, parseScripts } from './powershell.ts';

// None of the scripts runs here: what is pinned are the places where Windows PowerShell 5.1 or Windows itself is known to
// do something else than one would read out of the line.
const scripts = new Map((await parseScripts()).map((script) => [script.name, script]));

function textOf(name: string): string {
  const script = scripts.get(name);
  assert.ok(script !== undefined, name);
  return script.text;
}

/** What CommandLineToArgvW makes of the arguments that follow a program's name. */
function windowsArguments(line: string): string[] {
  const found: string[] = [];
  let current: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; ) {
    const run = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
    const next = line.charAt(at + run);
    if (next === '"') {
      current = (current ?? '') + '\\'.repeat(Math.floor(run / 2));
      if (run % 2 === 1) current += '"';
      else quoted = !quoted;
      at += run + 1;
    } else if (run > 0) {
      current = (current ?? '') + '\\'.repeat(run);
      at += run;
    } else {
      if (/\s/.test(next) && !quoted) {
        if (current !== undefined) found.push(current);
        current = undefined;
      } else current = (current ?? '') + next;
      at += 1;
    }
  }
  return current === undefined ? found : [...found, current];
}

/** ConvertTo-NativeArgument with the patterns that stand in the script: .NET and JavaScript read these alike. */
function nativeArgument(): (value: string) => string {
  const text = textOf('common.ps1');
  const [, plain] = /if \(\$Argument -match '(.+?)'\) \{ return \$Argument \}/.exec(text) ?? [];
  const [, ...steps] = /\$escaped = \$Argument -replace '(.+?)', '(.+?)' -replace '(.+?)', '(.+?)'\n/.exec(text) ?? [];
  const [quote = '', escaped = '', trailing = '', doubled = ''] = steps;
  assert.ok(plain !== undefined && doubled !== '');
  return (value) =>
    new RegExp(plain).test(value)
      ? value
      : `"${value.replace(new RegExp(quote, 'g'), escaped).replace(new RegExp(trailing, 'g'), doubled)}"`;
}

test('a native program gets every argument as it was given, JSON with quotes and backslashes as well', () => {
  const quote = nativeArgument();
  const known = [
    ['--cmd', `info-set guestinfo.ingot.bootstrap ${JSON.stringify({ message: 'C:\\a\\ "b" \\"', list: ['\\\\'] })}`],
    ['', 'a b\\', 'C:\\Program Files\\x\\', '"', '\\"', 'a"b\\\\'],
  ];
  for (const list of known) assert.deepEqual(windowsArguments(list.map(quote).join(' ')), list);
  const piece = fc.constantFrom('"', '\\', ' ', 'a', '{', '\t', "'", '\\\\', '\\"');
  fc.assert(
    fc.property(
      fc.array(
        fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
        { minLength: 1 },
      ),
      (list) => assert.deepEqual(windowsArguments(list.map(quote).join(' ')), list),
    ),
  );
});

test('what a failure tells over guestinfo fits into a command line', () => {
  for (const name of ['bootstrap.ps1', 'sysprep-task.ps1']) {
    const text = textOf(name);
    const [, lines, width] =
      /Select-Object -(?:First|Last) (\d+) \| ForEach-Object -Process \{ \$_\.Substring\(0, \[Math\]::Min\((\d+),/.exec(
        text,
      ) ?? [];
    const [, message] = /\.Substring\(0, \[Math\]::Min\((\d+), \$(?:failure\.message|text)\.Length/.exec(text) ?? [];
    // \uXXXX for each character that is not ASCII, at worst; 32767 is the limit of CreateProcess.
    const worst = 6 * (Number(lines) * Number(width) + Number(message)) + 600;
    assert.ok(worst < 32_767, `${name}: ${worst}`);
  }
});

test('an empty line of a log is no wrong argument', () => {
  // A mandatory [string[]] refuses the whole list for one empty text in it.
  let seen = 0;
  for (const { name, root } of scripts.values()) {
    for (const { text } of nodesOf(root, 'script_parameter')) {
      if (!text.includes('[string[]]') || !text.includes('AllowEmptyCollection')) continue;
      seen += 1;
      assert.ok(text.includes('AllowEmptyString'), `${name}: ${text}`);
    }
  }
  assert.ok(seen > 0);
});

test('access lists are written without the audit list, which would ask for a privilege of its own', () => {
  let seen = 0;
  for (const { name, text } of scripts.values()) {
    for (const [call] of text.matchAll(/SetSecurityDescriptorSddlForm\(.*\)/g)) {
      seen += 1;
      assert.ok(call.endsWith(", 'Access, Owner')"), `${name}: ${call}`);
    }
  }
  assert.ok(seen >= 4, `${seen}`);
});

test('no list of lines is left in the script: what is harmless is told to it', () => {
  assert.doesNotMatch(textOf('sysprep-task.ps1'), /MRTGeneralize|Compat-Gentel/);
});

test('the first logon stays able to run again until all is done, and not longer', () => {
  const text = textOf('bootstrap.ps1');
  const main = text.slice(text.indexOf('\ntry {\n'));
  const cleared = main.indexOf('\n    Clear-FirstLogon\n');
  assert.ok(cleared > main.indexOf('Wait-SshPort') && cleared < main.lastIndexOf('Get-ReadyReport'));
});

test('a job deletes its parameters before its script runs, and leaves its result when all is done', () => {
  const text = textOf('job-task.ps1');
  const main = text.slice(text.indexOf('\ntry {\n'));
  const deleted = main.indexOf('Remove-Item -LiteralPath $Path.parameters');
  assert.ok(deleted > 0 && deleted < main.indexOf('Invoke-JobScript'));
  assert.ok(main.indexOf('Set-IngotFile -Path $Path.result') > main.indexOf('finally'));
});

test('the settings of Windows Update are put back by the last round only', () => {
  const text = textOf('windows-updates.ps1');
  // 0 found alone may be a search that broke off, or updates that wait behind a restart.
  assert.match(text, /\$last = \$answer\.found -eq 0 -and -not \$restart -and \$null -eq \$Problem\n/);
  assert.match(text, /if \(\$last -and -not \$Test\) \{ \$answer\.restored = Restore-UpdatePolicy /);
});
