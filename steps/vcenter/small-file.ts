import { IngotError } from '../../common/failure.ts';
import { collectBytes } from '../support/bytes.ts';

/** The text of a small file of a datastore that is being read; undefined for one that is not there or may not be read. */
export async function smallText(
  reading: Promise<AsyncIterable<Uint8Array>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await collectBytes(await reading)).toString('utf8');
  } catch (error) {
    if (signal.aborted || !(error instanceof IngotError) || error.code !== 'datastore.denied') throw error;
    return undefined;
  }
}
