import type { Image } from '../../image/index.ts';
import type { Names } from '../../image/names.ts';
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
    const { server, username, password, caFile, thumbprint, insecure } = image.vcenter;
    const [{ connect }, secret] = await Promise.all([import('../../vsphere/connect.ts'), password.resolve()]);
    const vc = await connect({
      server,
      username,
      password: secret,
      tls: { caFile, thumbprint, insecure },
      signal,
      onEvent: (event) => warn(event.message),
    });
    return vcenterOf(vc, { image, names, screenshotPath });
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
