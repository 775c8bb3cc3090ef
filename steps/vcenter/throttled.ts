/** Milliseconds between two reports of an upload: often enough to follow, rarely enough to cost nothing. */
const intervalMs = 200;

/** Passes on the first of the numbers that come within an interval; `flush` passes on the last, if it was held back. */
export function throttled(tell: (done: number) => void): ((done: number) => void) & { flush(): void } {
  let toldAt = Number.NEGATIVE_INFINITY;
  let held: number | undefined;
  const flush = () => {
    if (held !== undefined) tell(held);
    held = undefined;
  };
  const see = (done: number) => {
    held = done;
    const now = performance.now();
    if (now - toldAt < intervalMs) return;
    toldAt = now;
    flush();
  };
  return Object.assign(see, { flush });
}
