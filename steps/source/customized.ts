import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import { explained } from '../support/late.ts';
import type { Machine } from '../vcenter/machine.ts';

/** Logs that VMware Tools and Sysprep write while vCenter customizes a guest (Broadcom KB 340974, Microsoft Learn). */
const logs =
  'look in the VM at C:\\Windows\\TEMP\\vmware-imc\\guestcust.log and toolsDeployPkg.log, and at C:\\Windows\\System32\\Sysprep\\Panther\\setuperr.log';

/**
 * Waits until vCenter has customized the running clone: Windows restarts on the way. Once it is through that stands on the
 * VM, so that a resumed build does not wait for it again.
 *
 * @throws IngotError `source.customization-failed`, `vsphere.deadline`
 */
export async function waitCustomized(
  { config, records, signal, progress }: BuildEnv & StepTools<Image, Json>,
  machine: Machine,
): Promise<void> {
  const { customization } = config.source ?? {};
  if (customization === undefined) return;
  let last = 'nothing yet';
  const wait = machine.waitFor(
    ({ customization: now, extraConfig, power }) => {
      if (extraConfig.get(keys.customized) !== undefined) return { again: true };
      if (now !== undefined && now.status !== last) {
        last = now.status;
        progress(`vCenter customizes Windows: ${statusWords(last)}`);
      }
      if (last === 'TOOLSDEPLOYPKG_FAILED') throw failed(now?.error);
      if (power !== 'poweredOn')
        throw failed(`that the VM was ${power === 'suspended' ? 'suspended' : 'switched off'}`);
      return last === 'TOOLSDEPLOYPKG_SUCCEEDED' && { again: false };
    },
    { what: 'vCenter to customize Windows', deadlineMs: customization.timeout, signal },
  );
  try {
    const { again } = await explained(wait, () => ({
      evidence: [`the last word was: ${statusWords(last)}`],
      remedy: `${logs}; raise source.customization.timeout if it was only slow`,
    }));
    if (!again) await machine.reconfigure({ extraConfig: [{ key: keys.customized, value: 'TRUE' }] }, signal);
  } catch (error) {
    // What Sysprep has done half cannot be gone on with: the next build makes the clone anew.
    if (!signal.aborted) records.abandon();
    throw error;
  }
}

function failed(message: string | undefined): IngotError {
  const found = message === undefined || message === '' ? 'that it failed' : message;
  return new IngotError('source.customization-failed', `expected vCenter to customize Windows, found: ${found}`, {
    remedy: `${logs}; the clone stays until the next build, which makes it anew`,
  });
}

/** GuestInfoCustomizationStatus of the vSphere API, for a person. */
function statusWords(status: string): string {
  return status.replace(/^TOOLSDEPLOYPKG_/, '').toLowerCase();
}
