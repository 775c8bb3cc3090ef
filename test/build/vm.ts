import { z } from 'zod';
import type { Site } from './site.ts';

/** What tests look at in `govc vm.info -json`. */
const vmSchema = z.object({
  self: z.object({ value: z.string() }),
  config: z.object({
    changeVersion: z.string(),
    version: z.string(),
    firmware: z.string(),
    guestId: z.string(),
    annotation: z.string().default(''),
    template: z.boolean(),
    hardware: z.object({
      numCPU: z.number(),
      memoryMB: z.number(),
      device: z.array(z.object({ key: z.number(), capacityInBytes: z.number().optional() })),
    }),
    extraConfig: z.array(z.object({ key: z.string(), value: z.unknown() })),
  }),
  runtime: z.object({ powerState: z.string() }),
});

export type Vm = z.infer<typeof vmSchema>;

/** A VM as govc shows it. */
export async function readVm({ govc }: Site, name: string): Promise<Vm> {
  const { virtualMachines } = z
    .object({ virtualMachines: z.tuple([vmSchema]) })
    .parse(JSON.parse(await govc('vm.info', '-json', name)));
  return virtualMachines[0];
}

/** Classes of a VM's devices. */
export async function devicesOf({ govc }: Site, name: string): Promise<string[]> {
  const lines = (await govc('device.ls', '-vm', name)).trim().split('\n');
  return lines.map((line) => line.split(/\s+/)[1] ?? '');
}

/** Makes a VM that is not ingot's; the function returned tells all that a change of it would change. */
export async function foreignVm(site: Site, name: string): Promise<() => Promise<unknown>> {
  const { govc } = site;
  await govc('vm.create', '-on=false', '-net', 'VM Network', '-c', '1', '-m', '64', '-disk', '1GiB', name);
  return async () => {
    const { self, config, runtime } = await readVm(site, name);
    const files = await govc('datastore.ls', '-l', name);
    return { self, version: config.changeVersion, extraConfig: config.extraConfig, runtime, files };
  };
}
