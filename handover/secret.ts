import { resolve } from 'node:path';
import { IngotError } from '../common/failure.ts';
import { shellWord } from '../common/shell.ts';
import { commentText, type Manifest } from './manifest.ts';
import type { OperatorKey } from './private-key.ts';
import type { SealedFacts } from './sealed-facts.ts';
import type { FoundTemplate } from './template.ts';

/** Names that the Windows Machine Config Operator looks for (pkg/secrets/secrets.go); they cannot be others. */
const operatorSecret = {
  name: 'cloud-private-key',
  namespace: 'openshift-windows-machine-config-operator',
  key: 'private-key.pem',
} as const;

/** A key of the template as its build recorded it. */
export type RecordedKey = SealedFacts['authorizedKeys'][number];

/**
 * The key of the template that the private key belongs to.
 * @throws IngotError `handover.no-facts` (an older build says nothing of its keys), `handover.key-mismatch`
 */
export function matchKey(found: FoundTemplate, key: OperatorKey, file: string): RecordedKey {
  if (found.facts === undefined) {
    throw new IngotError(
      'handover.no-facts',
      `expected ${found.inventoryPath} to carry the fingerprints of its keys (extraConfig ingot.facts), found none: an older build made it`,
      {
        remedy: `build again (ingot build ${file}: only what follows the master runs), or compare by yourself: ssh-keygen -lf KEY here, and in a clone ssh-keygen -lf C:\\ProgramData\\ssh\\administrators_authorized_keys`,
        evidence: [`the private key: ${keyText(key)}`],
      },
    );
  }
  const { authorizedKeys } = found.facts;
  const same = authorizedKeys.find(({ fingerprint }) => fingerprint === key.fingerprint);
  if (same !== undefined) return same;
  throw new IngotError(
    'handover.key-mismatch',
    `expected the private key of a key in ${found.inventoryPath}, found ${key.fingerprint}, which is not there: the operator could not log in to its clones`,
    {
      evidence: [
        `the private key: ${keyText(key)}`,
        ...authorizedKeys.map((each) => `in the template: ${keyText(each)}`),
      ],
      remedy:
        'give the private key that belongs to the template (--key FILE), or put the public half of this one (ssh-keygen -y -f KEY) into openssh.authorizedKeys and build again',
    },
  );
}

/** `SHA256:… ssh-ed25519, 256 bits, “node-admin”`. */
function keyText({ type, bits, fingerprint, comment }: RecordedKey): string {
  return commentText(`${fingerprint} ${type}, ${bits} bits${comment === '' ? '' : `, “${comment}”`}`);
}

/** What the Secret was checked against, for those who read it; lines of a comment. */
export function secretHead(found: FoundTemplate, key: RecordedKey): string[] {
  const build = found.build === undefined ? '' : `, as build ${found.build} recorded it`;
  const lines = [`The private key of ${keyText(key)}:`, `it opens the clones of ${found.inventoryPath}${build}.`];
  return lines.map(commentText);
}

/** The Secret itself, with the private key in it. */
export function secretManifest(privateKey: string, head: readonly string[]): Manifest {
  const { name, namespace, key } = operatorSecret;
  return {
    head,
    value: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'Opaque',
      stringData: { [key]: `${privateKey.trim()}\n` },
    },
  };
}

/**
 * The command that makes the Secret from where the key lies; the key is not in it. A key that has no file is piped in by
 * what reads it: `printenv`, or the command of `exec:` in the image file's folder.
 *
 * @param reference as in the image file: `file:PATH`, `env:NAME`, `exec:COMMAND`
 * @param words the words of the command of `exec:`
 */
export function createCommand(
  reference: string,
  { directory, words = [] }: { readonly directory: string; readonly words?: readonly string[] | undefined },
): string {
  const { name, namespace, key } = operatorSecret;
  const rest = reference.slice(reference.indexOf(':') + 1);
  const create = (from: string) =>
    `oc create secret generic ${name} --from-file=${key}=${shellWord(from)} -n ${namespace}`;
  if (reference.startsWith('file:')) return create(resolve(directory, rest));
  const source = reference.startsWith('env:')
    ? `printenv ${shellWord(rest)}`
    : `(cd ${shellWord(directory)} && ${words.map(shellWord).join(' ')})`;
  return `${source} | ${create('/dev/stdin')}`;
}
