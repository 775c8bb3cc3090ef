import type { Image } from '../../image/index.ts';
import type { Names } from '../../image/names.ts';
import type { Vcenter } from '../vcenter/index.ts';
import { type BringOptions, type Brought, bringIso, digestIso, knownDigest } from './bring.ts';
import { type IsoFacts, readFacts } from './facts.ts';
import type { Iso } from './iso.ts';

/** The Windows ISO on its way: opened once, inspected once, brought to the datastore in one pass. */
export interface IsoIntake {
  /** Read when it is first asked for. */
  facts(): Promise<IsoFacts>;
  /**
   * SHA-256 of what the VM boots. Pending until one of the two below knows it: what is uploaded is read only once, for
   * both.
   */
  digest(): Promise<string>;
  /** Finds out the SHA-256 without uploading; undefined for an ISO that would have to be transferred for it. */
  identify(options: Omit<BringOptions, 'log'>): Promise<string | undefined>;
  /** Goes on without the SHA-256, as a plan does: it is none that a build ever had. */
  leaveUnknown(): void;
  bring(options: BringOptions): Promise<Brought>;
  close(): Promise<void>;
}

export interface IntakeContext {
  readonly image: Image;
  readonly names: Names;
  vcenter(): Promise<Vcenter>;
  open(): Promise<Iso>;
}

/** Nothing is opened or asked for before it is needed. */
export function isoIntake({ image, names, vcenter, open }: IntakeContext): IsoIntake {
  const wanted = image.media.sha256;
  const digest = Promise.withResolvers<string>();
  let opened: Promise<Iso> | undefined;
  let read: Promise<IsoFacts> | undefined;
  const opening = () => {
    opened ??= open();
    return opened;
  };
  const facts = () => {
    read ??= opening().then(({ source }) => readFacts(image, source));
    return read;
  };
  return {
    facts,
    digest: () => digest.promise,
    async identify(options) {
      const [iso, { patches }] = await Promise.all([opening(), facts()]);
      const known = await knownDigest({ iso, patches, wanted });
      const sha256 = known ?? (iso.remote ? undefined : await digestIso({ iso, patches, wanted }, options));
      if (sha256 !== undefined) digest.resolve(sha256);
      return sha256;
    },
    leaveUnknown: () => digest.resolve('unknown'),
    async bring(options) {
      const [iso, { patches }, { files }] = await Promise.all([opening(), facts(), vcenter()]);
      const brought = await bringIso({ iso, patches, files, folder: names.mediaFolder, wanted }, options);
      digest.resolve(brought.sha256);
      return brought;
    },
    async close() {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
