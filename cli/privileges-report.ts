import { styleFor, wantsColor } from '../reporters/style.ts';
import type { RoleFacts } from '../steps/privileges/commands.ts';
import type { Needed, Reason } from '../steps/privileges/compute.ts';
import { type ObjectKind, objectKinds } from '../steps/privileges/objects.ts';
import type { PrivilegePlan } from '../steps/privileges/plan.ts';
import type { Cli } from './context.ts';

/** Reasons that are told of a privilege; all are in the JSON. */
const told = 2;

/** Privileges by object with what asks for them, then the commands. */
export function table(cli: Pick<Cli, 'stdout' | 'env'>, plan: PrivilegePlan, commands: readonly string[]): string {
  const style = styleFor(wantsColor({ output: cli.stdout, env: cli.env }));
  const width = Math.max(0, ...plan.needed.map(({ privilege }) => privilege.length));
  const sections = kindsOf(plan.needed).map((kind) => {
    const paths = plan.paths[kind] ?? [];
    const rows = plan.needed
      .filter(({ on }) => on === kind)
      .toSorted((a, b) => (a.privilege < b.privilege ? -1 : 1))
      .map(({ privilege, why }) => `  ${privilege.padEnd(width)}  ${style.dim(reasons(why))}`);
    return [style.bold(`${objectKinds[kind]} ${paths.join(', ')}`), ...rows];
  });
  const role = [
    style.bold(`A role of these ${plan.privileges.length} privileges, and where it is given`),
    ...commands.map((command) => `  ${command}`),
  ];
  return `${[...sections, role].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** In the order of `objectKinds`. */
function kindsOf(needed: readonly Needed[]): readonly ObjectKind[] {
  const wanted = new Set(needed.map(({ on }) => on));
  const all: readonly ObjectKind[] = [...wanted];
  const order = Object.keys(objectKinds);
  return all.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
}

function reasons(why: readonly Reason[]): string {
  const each = [...new Set(why.map(({ step, call }) => `${step}: ${call}`))];
  const more = each.length > told ? `; ${each.length - told} more` : '';
  const sure = why.some((reason) => reason.if === undefined);
  const [first] = why;
  const only = sure || first?.if === undefined ? '' : ` (only if ${first.if})`;
  const seldom = why.every(({ rarely }) => rarely !== undefined) ? ` (${first?.rarely})` : '';
  return `${each.slice(0, told).join('; ')}${more}${only}${seldom}`;
}

/** All of it, for machines. */
export function json(
  { needed, privileges, paths, grants }: PrivilegePlan,
  { name, principal, group }: RoleFacts,
  commands: { readonly govc: readonly string[]; readonly powercli: readonly string[] },
): string {
  const plain = {
    role: { name, principal, group, privileges },
    needed: needed.map(({ privilege, on, why }) => ({ privilege, on, objects: paths[on] ?? [], why })),
    permissions: grants.map(({ object, role, propagate, for: kinds }) => ({
      object,
      role: role === 'own' ? name : role,
      propagate,
      for: kinds,
    })),
    commands,
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
}
