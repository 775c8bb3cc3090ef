import { StringDecoder } from 'node:string_decoder';
import type { ClientChannel } from 'ssh2';
import type { LiveConnection } from './connect.ts';
import { LineSplitter } from './markers.ts';
import { orAborted } from './wait.ts';

/** Standard error is evidence only: its end is what counts. */
const STDERR_KEPT = 64 * 1024;

export interface CommandEnd {
  /** Undefined when the server did not say it: the process was killed, or Windows went down. */
  readonly exitCode: number | undefined;
  readonly stderr: string;
}

/**
 * Runs a command on a channel of its own: `input` goes to its standard input, then end of file; each line of its
 * standard output goes to `onLine`. Resolves at the channel's end, also when the connection was lost (exit code
 * undefined). On abort the channel is closed, upon which sshd for Windows kills the process and its children (its job
 * has KILL_ON_JOB_CLOSE), and the signal's reason is thrown.
 */
export async function runCommand(
  live: LiveConnection,
  command: string,
  options: { readonly input: string; readonly onLine: (line: string) => void; readonly signal: AbortSignal },
): Promise<CommandEnd> {
  let channel: ClientChannel;
  try {
    channel = await live.channels.open(() => exec(live, command), {
      discard: stop,
      signals: [options.signal, live.lost],
    });
  } catch (error) {
    if (live.lost.aborted && !options.signal.aborted) return { exitCode: undefined, stderr: '' };
    throw error;
  }

  let exitCode: number | undefined;
  let stderr = '';
  let over = false;
  const lines = new LineSplitter((line) => {
    if (!over) options.onLine(line);
  });
  const decoder = new StringDecoder('utf8');
  const errorDecoder = new StringDecoder('utf8');
  const ended = new Promise<void>((resolve) => {
    channel.on('exit', (code: number | null) => {
      exitCode = code ?? undefined;
    });
    channel.on('data', (data: Buffer) => lines.push(decoder.write(data)));
    channel.stderr.on('data', (data: Buffer) => {
      stderr = (stderr + errorDecoder.write(data)).slice(-STDERR_KEPT);
    });
    channel.on('error', () => {}); // A process that ends without reading its input; its exit code says more.
    channel.on('close', () => resolve());
  });
  channel.end(options.input);
  try {
    await orAborted(ended, options.signal, live.lost);
  } catch (error) {
    if (options.signal.aborted) {
      over = true; // What still comes is of no use to a caller who has left.
      stop(channel);
      throw error;
    }
  }
  lines.push(decoder.end());
  lines.end();
  return { exitCode, stderr };
}

function exec(live: LiveConnection, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    live.client.exec(command, (error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  });
}

function stop(channel: ClientChannel): void {
  try {
    channel.signal('KILL');
    channel.close();
  } catch {
    // The connection is gone already.
  }
}
