import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ingotHere } from '../cli/here.ts';
import { type Ended, root } from '../cli/ingot.ts';
import { checkedObjects, type KubeObject } from './crd.ts';

/** A vendor's example as it was published, where the reference is at hand. */
export function sample(name: string): unknown {
  const file = join(root, '../shared/reference/samples', name);
  return existsSync(file) ? parse(readFileSync(file, 'utf8')) : undefined;
}

/** What is at a path of an object that was read. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** The provider specification of a MachineSet. */
export const providerSpec = (object: unknown) => at(object, 'spec', 'template', 'spec', 'providerSpec', 'value');

/** Runs `ingot handover machineset` for an image file. */
export function machineset(file: string, ...args: readonly string[]): Promise<Ended> {
  return ingotHere(['handover', 'machineset', file, ...args], { PASSWORD: 'pass' });
}

/** Runs `ingot handover machineset`, which has to work. */
export async function printed(
  file: string,
  ...args: readonly string[]
): Promise<{ readonly stdout: string; readonly stderr: string; readonly objects: readonly KubeObject[] }> {
  const { code, stdout, stderr } = await machineset(file, ...args);
  assert.equal(code, 0, stderr);
  return { stdout, stderr, objects: checkedObjects(stdout) };
}

/** Runs `ingot handover machineset`, which has to fail and to print nothing; what it says of it. */
export async function refused(file: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await machineset(file, ...args);
  assert.deepEqual([code, stdout], [1, ''], stderr);
  return stderr;
}
