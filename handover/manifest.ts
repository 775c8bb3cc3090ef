import { Document, isScalar } from 'yaml';

/** A Kubernetes object as it is printed. */
export interface Manifest {
  readonly value: object;
  /** Lines above the object: what it is, and what it was checked against. */
  readonly head?: readonly string[];
  /** What single values were checked against; printed behind them. */
  readonly notes?: readonly { readonly at: readonly (string | number)[]; readonly text: string }[];
}

/** Kubernetes objects as one YAML stream that `kubectl apply -f -` takes; comments say what was checked. */
export function manifestYaml(manifests: readonly Manifest[]): string {
  return manifests.map(one).join('---\n');
}

function one({ value, head = [], notes = [] }: Manifest): string {
  const document = new Document(value);
  document.commentBefore = head.map((line) => ` ${line}`).join('\n') || null;
  for (const { at, text } of notes) {
    const node = document.getIn(at, true);
    if (!isScalar(node)) throw new Error(`no value at ${at.join('.')}`);
    node.comment = ` ${text.replaceAll(/\s+/g, ' ')}`;
  }
  return document.toString({ lineWidth: 0 });
}
