import { InvalidArgumentError } from 'commander';

export type Variables = Readonly<Record<string, string>>;

/** Collects `--var NAME=VALUE`; the last of a name wins. */
export function collectVariable(text: string, before: Variables = {}): Variables {
  const at = text.indexOf('=');
  const name = text.slice(0, at);
  if (at < 1 || !/^[A-Za-z_]\w*$/.test(name)) {
    throw new InvalidArgumentError('Expected NAME=VALUE, NAME of letters, digits and underscores.');
  }
  return { ...before, [name]: text.slice(at + 1) };
}

const prefix = 'INGOT_VAR_';

/** Values from the environment: `INGOT_VAR_name`. They may be meant for other image files. */
export function variablesOf(env: NodeJS.ProcessEnv): Variables {
  const found = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length), value]] : [],
  );
  return Object.fromEntries(found);
}
