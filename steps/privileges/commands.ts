import { shellWord } from '../../common/shell.ts';
import type { PrivilegePlan } from './plan.ts';

export interface RoleFacts {
  readonly name: string;
  readonly principal: string;
  readonly group: boolean;
}

/** The role and its permissions as govc makes them, for a POSIX shell; notes are comments. */
export function govcCommands({ privileges, grants }: PrivilegePlan, role: RoleFacts): readonly string[] {
  const group = role.group ? ['-group'] : [];
  return [
    line('govc', 'role.create', role.name, ...privileges),
    ...grants.flatMap(({ object, role: of, propagate, note }) => [
      ...(note === undefined ? [] : [`# ${note}`]),
      line(
        ...['govc', 'permissions.set', '-principal', role.principal, ...group],
        ...['-role', of === 'own' ? role.name : of, `-propagate=${propagate}`, object],
      ),
    ]),
  ];
}

/** The role as PowerCLI makes it. */
export function powerCliCommands({ privileges }: PrivilegePlan, role: RoleFacts): readonly string[] {
  const ids = privileges.map((id) => `'${id}'`).join(', ');
  return [`New-VIRole -Name '${role.name.replaceAll("'", "''")}' -Privilege (Get-VIPrivilege -Id ${ids})`];
}

function line(...words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
