import type { Image } from '../../image/index.ts';
import type { PublishTarget } from './target.ts';

/** Whether `publish:` asks for anything. */
export function publishes({ publish }: Image): boolean {
  const { contentLibraries, attributes, tags, copies, ovf, latest, webhook } = publish;
  const lists = [contentLibraries, Object.keys(attributes), tags, copies];
  return lists.some((list) => list.length > 0) || [ovf, latest, webhook].some((one) => one !== undefined);
}

/**
 * The places that an image's template goes to. Those of one stage are independent of each other; a later stage takes
 * from the earlier ones: a copy out of a library wants the item, `latest.json` and the webhook tell of all the others.
 */
export async function targetsOf(image: Image): Promise<readonly (readonly PublishTarget[])[]> {
  const { contentLibraries, attributes, tags, copies, ovf, latest, webhook } = image.publish;
  const [library, attribute, tag, copy, packages, last, hook] = await Promise.all([
    contentLibraries.length > 0 ? import('./library.ts') : undefined,
    Object.keys(attributes).length > 0 ? import('./attributes.ts') : undefined,
    tags.length > 0 ? import('./tags.ts') : undefined,
    copies.length > 0 ? import('./copy.ts') : undefined,
    ovf === undefined ? undefined : import('./ovf.ts'),
    latest === undefined ? undefined : import('./latest.ts'),
    webhook === undefined ? undefined : import('./webhook.ts'),
  ]);
  const copied = copies.map((wanted, index) => ({ wanted, index }));
  const copiesBy = (fromLibrary: boolean) =>
    copied.flatMap(({ wanted, index }) =>
      copy === undefined || (wanted.via === 'content-library') !== fromLibrary
        ? []
        : [copy.copyTarget(image, index, wanted)],
    );
  const stages: (readonly PublishTarget[])[] = [
    [
      ...contentLibraries.flatMap((wanted, index) =>
        library === undefined ? [] : [library.libraryTarget(image, index, wanted)],
      ),
      ...(attribute === undefined ? [] : [attribute.attributesTarget(image)]),
      ...(tag === undefined ? [] : [tag.tagsTarget(image)]),
      ...copiesBy(false),
      ...(packages === undefined || ovf === undefined ? [] : [packages.ovfTarget(image, ovf)]),
    ],
    copiesBy(true),
    last === undefined || latest === undefined ? [] : [last.latestTarget(image, latest)],
    hook === undefined || webhook === undefined ? [] : [hook.webhookTarget(image, webhook)],
  ];
  return stages.filter((stage) => stage.length > 0);
}
