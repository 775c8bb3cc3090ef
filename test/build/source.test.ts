import test from 'node:test';
import { assertDone } from './built.ts';
import { type Changes, openSite } from './site.ts';

const site = await openSite();

/** In the place of the ISO of the sample, and of what comes with a source. */
function from(source: Changes, more: Changes = {}): Changes {
  return { media: undefined, source, ...more, hardware: { disk: undefined } };
}

const base = await site.build(await site.image('base'));

test('a template is made of a template of ours, which stays as it is', async () => {
  assertDone(base);
  const file = await site.image('derived', from({ template: 'base' }));
  const built = await site.build(file);
  assertDone(built);
});

test('vCenter customizes the clone', async () => {
  const file = await site.image(
    'customized',
    from(
      { template: 'base', customization: { computerName: 'fresh' } },
      { windows: { administratorPassword: 'env:ADMIN' } },
    ),
  );
  const built = await site.build(file, { env: { ADMIN: 'Correct-Horse-7' } });
  assertDone(built);
});
