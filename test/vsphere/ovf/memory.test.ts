import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openOvfSite, withPackage } from './site.ts';

const MEGABYTE = 2 ** 20;
const site = await openOvfSite();

/** How much more memory the process takes during some work than before it, in MiB. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  await work().finally(() => clearInterval(timer));
  return (most - before) / MEGABYTE;
}

test('a disk of 160 MiB is exported and imported in a fraction of that', async () => {
  const vm = await site.vm('large');
  // What is loaded, and compiled, the first time is not the disk's.
  const small = await site.export(vm, { name: 'small' });
  await withPackage(small.path, (from) => site.import(from, { name: 'small' }));
  await site.nfc({ padMegabytes: 160 });
  const large = { path: '', bytes: 0 };
  const exported = await growth(async () => Object.assign(large, await site.export(vm, { name: 'large' })));
  assert.ok(large.bytes > 160 * MEGABYTE);
  assert.ok(exported < 100, `the export took ${exported} MiB`);
  const imported = await growth(() => withPackage(large.path, (from) => site.import(from, { name: 'copy' })));
  assert.ok(imported < 100, `the import took ${imported} MiB`);
});
