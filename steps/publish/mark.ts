import type { Mark } from './target.ts';

/** On what is not whole yet: it is ours, and of no template. */
const PENDING = '';

/** The line of a description that tells whose the thing is and which template it is of; everything else there is prose. */
export function markLine(mark: Mark): string {
  const { image, build, fingerprint } = mark;
  return `ingot: image=${image} build=${build}${isPending(mark) ? '' : ` fingerprint=${fingerprint}`}`;
}

export function parseMark(description: string): Mark | undefined {
  const [, image, build, fingerprint = PENDING] = LINE.exec(description) ?? [];
  return image === undefined || build === undefined ? undefined : { image, build, fingerprint };
}

const LINE = /^ingot: image=([a-z0-9-]+) build=(\S+)(?: fingerprint=([0-9a-f]{64}))?$/m;

/** The mark of what is being made. */
export function pending(mark: Mark): Mark {
  return { ...mark, fingerprint: PENDING };
}

export function isPending(mark: Mark): boolean {
  return mark.fingerprint === PENDING;
}

export function sameTemplate(a: Mark | undefined, b: Mark): boolean {
  return a?.image === b.image && a.build === b.build && a.fingerprint === b.fingerprint;
}
