import { ScriptError, type ScriptModel } from './call.ts';

/**
 * A script that the contract does not know: the user's own. Of PowerShell the model runs single lines only:
 * Set-Content, Remove-Item, Install-WindowsFeature (with a restart that is due), Write-Output/Write-Host, throw, exit N and Restart-Computer with literal arguments; all else
 * passes as done.
 */
export const userScript: ScriptModel = (call) => {
  for (const line of call.text.split(/\r?\n/).map((part) => part.trim())) {
    const [, command = '', rest = ''] = /^([\w-]+)\s*(.*)$/.exec(line) ?? [];
    switch (command.toLowerCase()) {
      case 'set-content': {
        const path = argument(rest, 'path') ?? argument(rest, 'literalpath');
        const value = argument(rest, 'value');
        if (path === undefined || value === undefined) break;
        if (call.windows.files.write(path, `${value}\r\n`) !== undefined) {
          throw new ScriptError(`Could not find a part of the path '${path}'.`, { category: 'ObjectNotFound' });
        }
        break;
      }
      case 'remove-item': {
        const path = argument(rest, 'path') ?? argument(rest, 'literalpath');
        if (path !== undefined) call.windows.files.removeTree(path);
        break;
      }
      case 'install-windowsfeature': {
        const name = argument(rest, 'name');
        if (name === undefined || call.windows.features.has(name)) break;
        call.windows.features.set(name, 'InstallPending');
        call.windows.pendingReboot.push('CBS\\RebootPending');
        break;
      }
      case 'write-output':
      case 'write-host':
        call.write(unquote(rest));
        break;
      case 'throw':
        throw new ScriptError(unquote(rest));
      case 'restart-computer':
        call.after(call.restart);
        return null;
      case 'exit':
        if (Number(rest) !== 0) throw new ScriptExit(Number(rest));
        return null;
    }
  }
  return null;
};

/** `exit N` with N other than 0: no error record, only the exit code. */
export class ScriptExit extends Error {
  override readonly name = 'ScriptExit';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

function argument(text: string, name: string): string | undefined {
  const match = new RegExp(`-${name}\\s+('[^']*'|"[^"]*"|\\S+)`, 'i').exec(text);
  return match?.[1] === undefined ? undefined : unquote(match[1]);
}

function unquote(text: string): string {
  return text.replace(/^(['"])(.*)\1$/, '$2');
}
