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

/** Text as a comment may have it, for YAML and for a shell: names and extraConfig of others must not leave its line. */
export function commentText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

function one({ value, head = [], notes = [] }: Manifest): string {
  // kubectl reads YAML 1.1, for which `yes`, `on` and `1_000` are no text.
  const document = new Document(value, { compat: 'yaml-1.1' });
  document.commentBefore = head.map((line) => ` ${commentText(line)}`).join('\n') || null;
  for (const { at, text } of notes) {
    const node = document.getIn(at, true);
    if (!isScalar(node)) throw new Error(`no value at ${at.join('.')}`);
    node.comment = ` ${commentText(text)}`;
  }
  return document.toString({ lineWidth: 0 });
}
