/** The two modules of undici that the client needs, without the rest of the package, which ships no types for them. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';
  export default function request(
    this: Dispatcher,
    // Pieces of bytes that come one after another are documented, and missing in the type.
    options: Omit<Dispatcher.RequestOptions, 'body'> & { body?: string | AsyncIterable<Uint8Array> | null },
  ): Promise<Dispatcher.ResponseData>;
}
