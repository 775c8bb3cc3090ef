import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { nodesOf, parse, parseScripts, powershellParser, scriptsFolder, syntaxErrors } from './powershell.ts';

// The Pester tests run on Windows, or where there is a PowerShell: here they are read.
const project = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(scriptsFolder, 'test');
const parser = await powershellParser();
const scripts = await parseScripts();
const files = await Promise.all(
  (await readdir(folder)).sort().map(async (name) => {
    const text = await readFile(join(folder, name), 'utf8');
    return { name, text, root: parse(parser, text) };
  }),
);
const tests = files.filter(({ name }) => name.endsWith('.Tests.ps1'));

const workflow = z.object({
  env: z.record(z.string(), z.union([z.string(), z.number()])),
  jobs: z.record(
    z.string(),
    z.object({
      strategy: z.object({ matrix: z.object({ os: z.string() }) }),
      'runs-on': z.string(),
      steps: z.array(z.object({ shell: z.string().optional(), run: z.string().optional() })),
    }),
  ),
});

for (const { name, text, root } of files) {
  test(`${name} is PowerShell that can be parsed, in ASCII`, () => {
    assert.deepEqual(syntaxErrors(root), []);
    assert.match(text, /^[\t\n\r\x20-\x7E]*$/);
    assert.match(text, /^# \S.{20,}/);
  });
}

for (const { name, text } of tests) {
  test(`${name} tests its script: some behaviour, with Pester's own commands`, () => {
    assert.match(text, /^Pester\\Describe /m);
    assert.match(text, /Pester\\It '[^']{5,}'/);
    assert.match(text, /Pester\\Should -/);
    // Without the module's name, a function of the same name in a script would take the place of Pester's.
    assert.doesNotMatch(text, /^\s*(?:Describe|Context|It|BeforeAll|BeforeEach|Mock|Should)\s/m);
    assert.doesNotMatch(text, /\|\s*Should\s/);
  });
}

test('each script has Pester tests, and no tests are left of a script that is gone', () => {
  const tested = tests.map(({ name }) => name.replace('.Tests.ps1', '.ps1'));
  const others = ['WindowsCommands.ps1'];
  assert.deepEqual(tested.toSorted(), [...scripts.map(({ name }) => name), ...others].toSorted());
});

test('every command that a script calls is one of its own, one that runs anywhere, or stands in windows-commands.psd1', () => {
  const table = windowsCommands();
  const own = new Set(scripts.flatMap(({ root }) => nodesOf(root, 'function_name').map((node) => node.text)));
  const unknown: string[] = [];
  for (const { name, root } of scripts) {
    for (const command of nodesOf(root, 'command')) {
      const called = command.children.find((child) => child?.type === 'command_name')?.text;
      // 1MB and the like are numbers.
      if (called === undefined || /^\d/.test(called) || own.has(called) || EVERYWHERE.has(called)) continue;
      const parameters = table.get(called);
      if (parameters === undefined) unknown.push(`${name}: ${called}`);
      else
        for (const parameter of parametersOf(command))
          if (!parameters.has(parameter) && !COMMON.has(parameter)) unknown.push(`${name}: ${called} -${parameter}`);
    }
  }
  assert.deepEqual(unknown, []);
  assert.ok(table.size > 20);
  // The stand-ins have these already: a second one of the name makes them fail.
  for (const [name, parameters] of table) for (const common of COMMON) assert.ok(!parameters.has(common), name);
});

test('the workflow runs what is there, under Windows PowerShell, on the Windows of the image files', async () => {
  const { env, jobs } = workflow.parse(
    parseYaml(await readFile(join(project, '.github/workflows/powershell.yml'), 'utf8')),
  );
  const job = jobs.test;
  assert.ok(job !== undefined);
  for (const label of ['windows-2019', 'windows-2022', 'windows-2025'])
    assert.ok(job.strategy.matrix.os.includes(`"${label}"`), label);
  const commands = job.steps.filter(({ run }) => run !== undefined);
  assert.deepEqual(new Set(commands.map(({ shell }) => shell)), new Set(['powershell']));
  const run = commands.at(-1)?.run ?? '';
  const [path = '', ...options] = run.split(' ');
  assert.ok((await stat(join(project, path.replaceAll('\\', '/')))).isFile());
  assert.deepEqual(options, ['-Require']);
  for (const name of ['PESTER', 'PSSCRIPTANALYZER']) {
    assert.match(String(env[name]), /^\d+\.\d+\.\d+$/);
    assert.ok(commands.some((step) => step.run?.includes(`-RequiredVersion $env:${name} `)));
  }
});

test('without a PowerShell on PATH npm run test:powershell says so on one line and succeeds', async () => {
  const { stdout, exitCode } = await execa(process.execPath, [join(project, 'scripts-dev/test-powershell.ts')], {
    env: { PATH: folder },
    reject: false,
  });
  assert.equal(exitCode, 0);
  assert.match(stdout, /^PowerShell: none on PATH, so .*not run.*$/);
});

/** Parameters that each command has, as far as the scripts use them. */
const COMMON = new Set(['ErrorAction', 'Verbose']);

/** Commands of PowerShell itself that change nothing, or only files: the tests let them work on their own folder. */
const EVERYWHERE = new Set(
  `Add-Content ConvertFrom-Json ConvertTo-Json ConvertTo-SecureString Copy-Item Expand-Archive ForEach-Object Get-ChildItem
   Get-Command Get-Date Get-Event Get-EventSubscriber Get-FileHash Get-Item Get-PSCallStack Group-Object Join-Path Measure-Object Move-Item New-Item
   New-Object Out-Null Out-String Register-ObjectEvent Remove-Event Remove-Item Select-Object Set-StrictMode Sort-Object Split-Path Start-Sleep Test-Path Unregister-Event Wait-Event Where-Object
   Write-Verbose`
    .trim()
    .split(/\s+/),
);

/** windows-commands.psd1: the name of a command and the parameters that may be used. */
function windowsCommands(): Map<string, Set<string>> {
  const text = files.find(({ name }) => name === 'windows-commands.psd1')?.text ?? '';
  return new Map(
    [...text.matchAll(/^ {4}'([A-Za-z]+-[A-Za-z]+)' += '([^']*)'$/gm)].map(([, name = '', words = '']) => [
      name,
      new Set(words.split(' ').map((word) => word.replace(/[?<]$/, ''))),
    ]),
  );
}

function parametersOf(command: ReturnType<typeof nodesOf>[number]): string[] {
  return nodesOf(command, 'command_parameter')
    .filter((node) => {
      let owner = node.parent;
      while (owner !== null && owner.type !== 'command') owner = owner.parent;
      return owner?.id === command.id;
    })
    .map((node) => node.text.replace(/^-/, '').replace(/:$/, ''));
}
