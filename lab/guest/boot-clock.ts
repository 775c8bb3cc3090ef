let last = 0;

/** A boot time: now, but at least one second after any earlier one of this lab, as no Windows boots twice in a second. */
export function nextBootTime(): Date {
  last = Math.max(Date.now(), last + 1000);
  return new Date(last);
}
