import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertDone, assertFailed } from '../build/built.ts';
import { openSite } from '../build/site.ts';
import { startProxy } from '../vsphere/proxy.ts';

const site = await openSite();

suite('what failed its proof is not taken for finished by the next build', () => {
  for (const { name, step, code, message, change } of [
    {
      name: 'hardware',
      step: 'create-vm',
      code: 'create-vm.hardware',
      message: /^expected vmx-15, efi, .*; found vmx-14, efi/,
      change: (answer: string) => answer.replace('>vmx-15<', '>vmx-14<'),
    },
    {
      name: 'windows',
      step: 'install-windows',
      code: 'windows.build',
      message: /^expected Windows build 19042, found 17763\.1$/,
      change: (answer: string) => answer.replaceAll('19042.508', '17763.1'),
    },
  ]) {
    test(step, async (t) => {
      const proxy = await startProxy(site.lab.env.INGOT_VAR_vcenter ?? '');
      t.after(() => proxy.stop());
      const reads = new Set(['RetrievePropertiesEx', 'WaitForUpdatesEx']);
      proxy.rule = ({ method }) => (reads.has(method) ? { rewrite: change } : undefined);
      const vcenter = { server: proxy.server, caFile: proxy.caFile };
      const built = await site.build(await site.image(name, { vcenter }));
      const left = [/-master \(powered(On|Off)\): the next build replaces it$/];
      assertFailed(built, { step, code, message, remedy: /./, left });
      const again = await site.build(await site.image(name));
      assertDone(again);
      assert.ok(again.ran.includes('create-vm'), again.ran.join());
    });
  }
});
