import type { Machine, MachineState, WaitOptions } from '../vcenter/machine.ts';

/** Waits for something that only a running VM can come to; one that is off (a resumed build) is powered on first. */
export async function whileOn<R>(
  machine: Machine,
  predicate: (state: MachineState) => R | undefined | false,
  options: WaitOptions,
): Promise<R> {
  const first = await machine.waitFor(
    (state): { readonly off: true } | { readonly off: false; readonly result: R } | undefined => {
      if (state.power !== 'poweredOn') return { off: true };
      const result = predicate(state);
      return result === undefined || result === false ? undefined : { off: false, result };
    },
    options,
  );
  if (!first.off) return first.result;
  await machine.powerOn(options.signal);
  return machine.waitFor(predicate, options);
}

/** As whileOn; Windows is starting where it was not found ready at once. */
export async function whileStarting<R>(
  machine: Machine,
  look: (state: MachineState) => R | undefined | false,
  options: WaitOptions,
): Promise<{ readonly found: R; readonly starting: boolean }> {
  let starting = false;
  const found = await whileOn(
    machine,
    (state) => {
      const ready = look(state);
      if (ready === undefined || ready === false) starting = true;
      return ready;
    },
    options,
  );
  return { found, starting };
}
