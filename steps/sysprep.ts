import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { clone } from './clone.ts';
import { defineStep } from './define.ts';
import { sysprepInputs } from './support/answer-files.ts';
import { scriptFiles } from './support/script.ts';
import { followSysprep } from './support/sysprep-follow.ts';
import { appxParameters } from './support/sysprep-ready.ts';
import { recordRun, sysprepRunIn } from './support/sysprep-run.ts';
import { startSysprep } from './support/sysprep-start.ts';
import { notSealed, noVerdict, sealedState } from './support/sysprep-verdict.ts';

/**
 * Sysprep of the clone, as a scheduled task of Administrator (as SYSTEM it is unsupported). Neither power-off nor an
 * exit code is proof: the task reads ImageState, tag and log inside Windows and tells the verdict before it shuts down.
 * Which run it is stands on the VM, so that another build, on any machine, waits for it instead of starting one more.
 */
export const sysprep = defineStep({
  id: 'sysprep',
  title: 'Generalize the clone (Sysprep)',
  needs: { clone },
  inputs: async (image) => ({
    ...(await sysprepInputs(image)),
    ...appxParameters(image),
    ignoreErrors: image.windows.sysprep.ignoreErrors,
    mode: image.windows.sysprep.mode ?? null,
  }),
  files: scriptFiles('sysprep', 'sysprep-task'),
  output: z.object({ imageState: z.string(), tag: z.boolean(), errors: z.array(z.string()) }),
  timeout: ({ timeouts }) => timeouts.sysprep + 2 * (timeouts.boot + timeouts.ssh + timeouts.script),
  async run(context) {
    const { vcenter, fingerprint, config, signal } = context;
    const machine = await (await vcenter()).candidate(signal);
    const { known, power } = await machine.waitFor(
      (now) => ({ known: sysprepRunIn(now.extraConfig, fingerprint), power: now.power }),
      { what: 'the state of the clone', deadlineMs: config.timeouts.task, signal },
    );
    const run = known ?? { run: randomBytes(8).toString('hex'), fingerprint };
    const follow = followSysprep(context, machine, run);
    try {
      if (known === undefined || (known.verdict === undefined && power === 'poweredOn'))
        await follow.orBegun((until) => startSysprep(context, machine, run, until));
      const verdict = await follow.end();
      if (verdict === undefined) throw noVerdict(follow.last());
      if (verdict.state !== 'succeeded') throw notSealed(verdict);
      if (verdict.armed === false)
        context.warn(
          'Windows says that it is sealed, but not that its next start begins with the first-boot setup (SetupType, CmdLine): look at a clone before you use the template',
        );
      return { imageState: verdict.imageState, tag: verdict.tag, errors: [...verdict.errors] };
    } catch (error) {
      // Broken off, the next build goes on with it; failed, it makes the clone anew.
      if (!signal.aborted) await recordRun(machine, undefined, signal).catch(() => undefined);
      throw error;
    } finally {
      context.closeGuest('candidate');
    }
  },
  async verify(_, { imageState, tag, errors }) {
    if (imageState !== sealedState || !tag) {
      throw new IngotError('sysprep.failed', `expected ${sealedState} and its tag, found ${imageState} (tag: ${tag})`, {
        evidence: errors,
        remedy: 'build again; the clone is made anew',
      });
    }
    return [
      `${imageState}; Sysprep_succeeded.tag of this run; ${errors.length} unknown errors in setuperr.log`,
      'answer files of the installation, the task and ingot’s folder are gone; C:\\Windows\\Panther\\unattend.xml stays, with the password of the clones: Windows needs it for their first start',
    ];
  },
});
