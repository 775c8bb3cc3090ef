import { z } from 'zod';
import { BUILT_IN_STEPS } from '../image/built-in-steps.ts';
import { defineStep } from './define.ts';
import { publishes, targetsOf } from './publish/targets.ts';
import { template } from './template.ts';

const published = z.object({
  /** The field of the image file that asks for it. */
  field: z.string(),
  where: z.string(),
  changed: z.boolean(),
  proof: z.array(z.string()),
  facts: z.looseObject({ kind: z.string() }),
});

/**
 * Brings the template to where it is used, and tells who waits for it. Nothing can be written onto a template, so each
 * place says itself which template it has: each build looks there, and changes what is of another.
 */
export const publish = defineStep({
  id: 'publish',
  title: (image) => `Publish ${image.template.name}`,
  recorded: false,
  needs: { template },
  applies: (image) => publishes(image) || 'not asked for',
  output: z.object({ published: z.array(published) }),
  // Each place has a deadline of its own; together they take as long as the slowest of each stage.
  timeout: ({ timeouts, publish: { webhook } }) =>
    3 * timeouts.upload + 4 * timeouts.clone + 8 * timeouts.task + (webhook?.timeout ?? 0),
  preview: async (image) => (publishes(image) ? (await targetsOf(image)).flat().map(({ what }) => what) : []),
  async run(context) {
    const { config: image, vcenter, build, redactor, records, signal } = context;
    const { progress, log, warn, fileOf } = context;
    const [{ publishAll }, { readTemplate }, { provenanceOf }, center] = await Promise.all([
      import('./publish/run.ts'),
      import('./publish/built-template.ts'),
      import('./publish/provenance.ts'),
      vcenter(),
    ]);
    const madeBy = BUILT_IN_STEPS.filter((step) => step !== 'publish');
    const steps = [...madeBy, ...image.steps.map(({ name }) => name)];
    const [built, provenance] = await Promise.all([
      readTemplate(center.vc, (await center.template(signal)).vm, signal),
      provenanceOf(image, { iso: context.iso, records }, steps),
    ]);
    const mark = { image: image.name, build: built.build, fingerprint: built.fingerprint };
    const done = await publishAll({
      ...{ image, center, build, redactor, signal, template: built, mark, provenance },
      ...{ progress, log, warn, fileOf },
    });
    return { published: done.map((one) => ({ ...one, proof: [...one.proof] })) };
  },
  verify: async (_, { published: all }) => all.flatMap(({ proof }) => proof),
});
