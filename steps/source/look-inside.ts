import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { Guest } from '../../guest/index.ts';
import type { BootstrapReport } from '../../guest/reports.ts';
import { durationText } from '../../guest/wait.ts';
import { type Image, readAuthorizedKeys, readHostKeys } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { StepTools } from '../../pipeline/step.ts';
import { readExtraConfig } from '../../vsphere/extra-config.ts';
import type { BuildEnv } from '../define.ts';
import { openThroughTools } from '../guest/through-tools.ts';
import { changeOf } from '../support/change.ts';
import { script } from '../support/script.ts';
import { sshState } from '../support/ssh-state.ts';
import type { Machine } from '../vcenter/machine.ts';
import { checkSsh } from './checks.ts';
import { waitCustomized } from './customized.ts';
import { parseLogin } from './login.ts';
import { wayIn } from './way-in.ts';

type Ready = Extract<BootstrapReport, { state: 'ready' }>;
type Context = BuildEnv & StepTools<Image, Json>;

const service = z.object({ status: z.string(), startType: z.string() });
const factsSchema = z.object({
  bootTime: z.string(),
  computerName: z.string(),
  username: z.string(),
  osBuild: z.string(),
  edition: z.string(),
  installationType: z.string(),
  imageState: z.string(),
  tools: service.extend({ version: z.string() }),
  sshd: service,
  hostKeys: z.array(z.string()),
});

/**
 * Between two logins that Windows refuses, as in the smoke test: ten wrong ones within ten minutes would lock the account,
 * and nobody tells when OOBE has set the password.
 */
const refusedMs = 75_000;
const awayMs = 2_000;

/**
 * Starts the clone and asks its Windows what it is, once its first start is over. Over SSH where the host keys are known;
 * else through VMware Tools, which tell them: the key for SSH is pinned before the first connection in both cases.
 *
 * @throws IngotError `source.no-boot`, `source.login`, `source.oobe`, `source.ssh`,
 *   and what `waitCustomized` throws
 */
export async function lookInside(context: Context, machine: Machine): Promise<Ready> {
  const { config, held, build, signal, progress } = context;
  const known = await readHostKeys(config);
  const { vm } = machine;
  const { vc } = await context.vcenter();
  const onMaster = await readExtraConfig(vc, vm, { signal });
  const way = wayIn(config, parseLogin(onMaster.get(keys.sourceLogin)));
  progress('Starting the clone');
  await machine.powerOn(signal);
  await waitCustomized(context, machine);
  if (way === 'ssh' && known !== undefined) held.hostKeys = known;
  const deadline = Date.now() + config.timeouts.install;
  const until = AbortSignal.any([signal, AbortSignal.timeout(config.timeouts.install)]);
  let last: unknown;
  for (;;) {
    let guest: Guest | undefined;
    try {
      guest = way === 'ssh' ? await context.guest(until) : await throughTools(context, machine, until);
      const session = guest;
      const asked: Context = { ...context, signal: until, guest: async () => session };
      const facts = await tell(asked, deadline - Date.now());
      checkSsh(config, facts.sshd, facts.hostKeys);
      const hostKeys = known ?? (await letIn(asked, facts.hostKeys));
      const { osBuild, edition, installationType, computerName, bootTime, username, tools } = facts;
      const os = { build: osBuild, edition, installationType };
      return { state: 'ready', build, hostKeys: [...hostKeys], tools, os, computerName, bootTime, username };
    } catch (error) {
      signal.throwIfAborted();
      last = error;
      const waits = error instanceof IngotError && (error.retryable || error.code === 'guest.auth');
      if (!waits || until.aborted) throw await notIn(context, machine, error, until.aborted);
      await pause(error.code === 'guest.auth' ? refusedMs : awayMs, undefined, { signal: until }).catch(
        () => undefined,
      );
      signal.throwIfAborted(); // interrupted: that is no finding about the source
      if (until.aborted) throw await notIn(context, machine, last, true);
    } finally {
      if (way === 'ssh') context.closeGuest('master');
      else guest?.close();
    }
  }
}

async function throughTools({ config, vcenter, password }: Context, machine: Machine, signal: AbortSignal) {
  const { vc } = await vcenter();
  return openThroughTools({ image: config, vc, password: password('master', signal) }, machine, signal);
}

/** The script waits for the end of OOBE itself, for less than we do, so that it still can tell. */
async function tell(context: Context, leftMs: number): Promise<z.infer<typeof factsSchema>> {
  const timeoutMs = Math.max(1, leftMs);
  const parameters = { seconds: Math.floor((timeoutMs * 0.8) / 1000) };
  const facts = await script(context, 'source', parameters, factsSchema, { timeoutMs });
  if (facts.imageState === 'IMAGE_STATE_COMPLETE') return facts;
  throw new IngotError(
    'source.oobe',
    `expected Windows to come to the end of its first start, found it at ${facts.imageState}`,
    {
      remedy: `look at the console of the VM: the answer file of ${context.config.source?.name} leaves a page of OOBE open`,
    },
  );
}

/** With SSH to follow, our keys have to be there before; what Windows tells here is what is pinned. */
async function letIn(context: Context, hostKeys: readonly string[]): Promise<readonly string[]> {
  const { config } = context;
  if (config.communicator === 'vmtools') return hostKeys;
  const parameters = { authorizedKeys: await readAuthorizedKeys(config), port: config.openssh.port };
  const { after } = await script(context, 'openssh', parameters, changeOf(sshState));
  return after.hostKeys;
}

/** What kept everybody out, with a look at the screen. */
async function notIn({ config, signal }: Context, machine: Machine, error: unknown, late: boolean): Promise<unknown> {
  if (!(error instanceof IngotError)) {
    if (!late) return error;
  } else if (!late && !error.timedOut && !error.unreachable) return error;
  const picture = await machine.screenshot(signal).catch(() => undefined);
  const within = durationText(config.timeouts.install);
  const refused = error instanceof IngotError && error.code === 'guest.auth';
  const evidence = [
    picture === undefined ? 'vCenter could not take a screenshot' : `screenshot: ${picture}`,
    ...(error instanceof IngotError ? [error.message] : []),
  ];
  const options = { evidence, timedOut: true, cause: error };
  if (refused) {
    return new IngotError(
      'source.login',
      `expected Windows to let ${config.openssh.username} in within ${within}, found that it refuses the password`,
      {
        ...options,
        remedy:
          'set windows.administratorPassword to the password that Windows has in the source; one that a build has derived needs the same openssh.privateKey in both image files',
      },
    );
  }
  return new IngotError(
    'source.no-boot',
    `expected the clone to start and somebody to answer in it within ${within}, found nobody`,
    {
      ...options,
      remedy:
        'look at the screenshot: whether Windows starts at all, whether OOBE waits at a page, and whether VMware Tools run; raise timeouts.install if it was only slow',
    },
  );
}
