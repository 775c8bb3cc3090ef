// Runs PSScriptAnalyzer and the Pester tests of scripts/ with the PowerShell on PATH, if there is one; says it when there
// is none. `npm run test:powershell`; the last part of `npm test`.
import { join } from 'node:path';
import { execa } from 'execa';

const run = join(import.meta.dirname, '../scripts/test/run.ps1');
const shell = await firstOf(['pwsh', 'powershell.exe']);
if (shell === undefined) {
  console.log(
    'PowerShell: none on PATH, so the Pester tests and PSScriptAnalyzer were not run (.github/workflows/powershell.yml does)',
  );
} else {
  const { exitCode } = await execa(
    shell,
    ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', run],
    { stdio: 'inherit', reject: false },
  );
  // undefined: the program could not be started, or was ended by a signal.
  process.exitCode = exitCode ?? 1;
}

/** The first of some programs that starts. */
async function firstOf(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const args = ['-NoProfile', '-NonInteractive', '-Command', 'exit 0'];
    const { exitCode } = await execa(name, args, { reject: false, stdio: 'ignore' });
    if (exitCode === 0) return name;
  }
  return undefined;
}
