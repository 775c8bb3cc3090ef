import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { IngotError } from '../../common/failure.ts';
import type { OvfWanted } from '../../image/finish-publish.ts';
import type { Image } from '../../image/index.ts';

import { exportClone } from './export-clone.ts';
import { type OvfRecord, ovfRecords } from './ovf-records.ts';
import type { PublishContext, Published, PublishTarget } from './target.ts';

/**
 * The template as an OVF package in a folder of this machine, a new one for each build that made a new template. A record
 * beside it says which template it is of; without that a package is not whole, and is made anew.
 */
export function ovfTarget(image: Image, wanted: OvfWanted): PublishTarget {
  const { directory, name, format, keep } = wanted;
  return {
    field: 'publish.ovf',
    what: `${format === 'ova' ? 'OVA' : 'OVF package'} ${name} to ${directory}, ${keep} earlier kept`,
    exclusive: true,
    timeoutMs: 2 * image.timeouts.upload + image.timeouts.clone + 4 * image.timeouts.task,
    check: () => requireFolder(directory),
    async publish(context) {
      await requireFolder(directory);
      const records = ovfRecords(directory);
      const own = (await records.all()).filter(({ image: of, name: called }) => of === image.name && called === name);
      const there = own.find((record) => isOf(record, context, format));
      const whole = there !== undefined && (await records.isWhole(there, context.signal));
      const record = whole ? there : await exportTemplate(context, wanted);
      const other = own.find((one) => one.build === record.build && one.path !== record.path);
      if (other !== undefined) await records.removePackage(other);
      const old = own.filter(({ build }) => build !== record.build).sort((a, b) => (a.exported < b.exported ? 1 : -1));
      for (const one of old.slice(keep)) {
        context.log(`deleting ${one.path}, of build ${one.build}`);
        await records.remove(one);
      }
      return published(directory, record, !whole);
    },
  };
}

function isOf(record: OvfRecord, { mark }: PublishContext, format: string): boolean {
  return record.build === mark.build && record.fingerprint === mark.fingerprint && record.format === format;
}

async function exportTemplate(context: PublishContext, { directory, name, format }: OvfWanted): Promise<OvfRecord> {
  const { center, template, mark, image, signal, progress, warn } = context;
  const [{ exportOvf }, place] = await Promise.all([import('../../vsphere/ovf/export.ts'), center.placement(signal)]);
  progress(`Exporting ${template.name} to ${directory}`);
  const exported = await exportOvf(center.vc, template.vm, {
    signal,
    name: `${name}-${mark.build}`,
    directory,
    format,
    // What says that it is ingot's, and of which build: a copy of it is known by that.
    keepExtraConfig: (key) => key.startsWith('ingot.'),
    clone: exportClone(image, place),
    onProgress: ({ bytes, total }) =>
      progress({ message: `Exporting ${template.name}`, done: bytes, total, unit: 'bytes' }),
    onWarning: warn,
    deadlineMs: 2 * image.timeouts.upload,
  });
  return ovfRecords(directory).write(
    { image: image.name, name, build: mark.build, fingerprint: mark.fingerprint },
    exported,
  );
}

function published(directory: string, record: OvfRecord, changed: boolean): Published {
  const where = `${directory}/${record.path}`;
  return {
    where,
    changed,
    proof: [`${where} is of build ${record.build}: ${record.files.length} files, manifest SHA-256 ${record.sha256}`],
    facts: {
      kind: 'ovf',
      format: record.format,
      path: where,
      bytes: record.bytes,
      manifestSha256: record.sha256,
      files: record.files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
    },
  };
}

async function requireFolder(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new IngotError(
      'publish.ovf-directory',
      `expected to be able to write into ${directory}, found: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, remedy: 'correct publish.ovf.directory, or the rights on it' },
    );
  }
}
