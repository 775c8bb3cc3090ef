import type { Image } from '../../image/index.ts';
import type { Names } from '../../image/names.ts';
import { connectTo } from '../../vsphere/site.ts';
import { type Vcenter, vcenterOf } from './index.ts';

export interface ConnectVcenterOptions {
  readonly names: Names;
  screenshotPath(name: string): string;
  readonly signal: AbortSignal;
  warn(message: string): void;
}

/** One connection a build, opened when it is first asked for. */
export function connectVcenter(image: Image, { names, screenshotPath, signal, warn }: ConnectVcenterOptions) {
  let opening: Promise<Vcenter> | undefined;

  async function open(): Promise<Vcenter> {
    const vc = await connectTo(image.vcenter, { signal, onEvent: (event) => warn(event.message) });
    return vcenterOf(vc, { image, names, screenshotPath, warn });
  }

  return {
    vcenter(): Promise<Vcenter> {
      opening ??= open();
      return opening;
    },
    async close(): Promise<void> {
      const center = await opening?.catch(() => undefined);
      await center?.vc.close();
    },
  };
}
