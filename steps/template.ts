import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { findByPath, inventoryPath } from '../vsphere/inventory-path.ts';
import { defineStep } from './define.ts';
import { seal } from './seal.ts';
import { formerName } from './vcenter/publish.ts';

/**
 * Built beside, verified, then renamed into place: the name always means a whole template. The one that had it before
 * is kept under another name, as many as the image file says.
 */
export const template = defineStep({
  id: 'template',
  title: (image) => `Publish the template ${image.template.name}`,
  needs: { seal },
  output: z.object({ vm: z.string(), name: z.string(), inventoryPath: z.string(), previous: z.string().nullable() }),
  timeout: (image) => 3 * image.timeouts.task,
  async run({ vcenter, names, build, config, signal, progress, warn }) {
    const center = await vcenter();
    const former = formerName(names.template, build);
    const previous = await center.publish(former, config.template.keep, { progress, warn }, signal);
    const { vm } = await center.template(signal);
    return {
      vm: vm.value,
      name: names.template,
      inventoryPath: await inventoryPath(center.vc, vm, { signal }),
      previous,
    };
  },
  async verify({ vcenter, signal }, { inventoryPath: path, vm }) {
    const { vc } = await vcenter();
    const found = await findByPath(vc, path, { signal });
    const isIt = found?.type === 'VirtualMachine' && found.value === vm;
    const values = await vc.read({ type: 'VirtualMachine', value: vm }, ['config.template', 'runtime.powerState'], {
      signal,
    });
    if (!isIt || values['config.template'] !== true || values['runtime.powerState'] !== 'poweredOff') {
      throw new IngotError('template.state', `expected ${path} to be the new template ${vm}, powered off`, {
        evidence: [
          `found ${found?.value ?? 'nothing'}, template: ${values['config.template']}, ${values['runtime.powerState']}`,
        ],
        remedy: 'someone changed it at this moment: build again, only the last steps run',
      });
    }
    return [`${path} (${vm}) is a template, powered off`];
  },
});
