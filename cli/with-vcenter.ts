import type { Image } from '../image/index.ts';
import type { Vsphere } from '../vsphere/connect.ts';
import type { Cli } from './context.ts';
import { loadOrExplain } from './load.ts';
import type { Variables } from './variables.ts';

export interface AtVcenter {
  readonly image: Image;
  readonly vc: Vsphere;
  readonly signal: AbortSignal;
  /** To standard output, redacted. */
  print(text: string): void;
  /** To standard error, redacted. */
  warn(message: string): void;
}

/**
 * Loads an image file and does some work at its vCenter; wrong files are explained. What the work throws is thrown on.
 * Nothing is built: media, scripts and keys may lie on the machine that builds.
 */
export async function withVcenter(
  cli: Cli,
  file: string,
  vars: Variables,
  work: (at: AtVcenter) => Promise<void>,
): Promise<void> {
  const image = await loadOrExplain(cli, file, { vars, env: cli.env, checkFiles: false });
  if (image === undefined) return;
  const { redactor, stdout, stderr, interrupts } = cli;
  const { signal } = interrupts;
  const warn = (message: string) => void stderr.write(`${redactor.text(`warning: ${message}`)}\n`);
  const print = (text: string) => void stdout.write(redactor.text(text));
  const { connectTo } = await import('../vsphere/site.ts');
  const vc = await connectTo(image.vcenter, { signal, onEvent: (event) => warn(event.message) });
  try {
    await work({ image, vc, signal, print, warn });
  } finally {
    await vc.close();
  }
}
