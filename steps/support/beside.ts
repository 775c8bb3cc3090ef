/**
 * Runs two things at once of which only the first has an end of its own: it ends the other, and a failure of the other
 * ends it.
 */
export async function beside<T>(
  main: (signal: AbortSignal) => Promise<T>,
  other: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<T> {
  const end = new AbortController();
  const both = AbortSignal.any([signal, end.signal]);
  const failed = Promise.withResolvers<never>();
  const over = other(both).catch((error) => {
    if (!both.aborted) failed.reject(error);
  });
  try {
    return await Promise.race([main(both), failed.promise]);
  } finally {
    end.abort();
    await over;
  }
}
