import { randomBytes } from 'node:crypto';
import { IngotError } from '../../common/failure.ts';
import { durationText } from '../../guest/wait.ts';
import { keys } from '../../image/names.ts';
import { script } from '../support/script.ts';
import type { Machine } from '../vcenter/machine.ts';
import { clusterNames } from './dns.ts';
import { type SmokeFacts, smokeFactsSchema, smokeReport } from './facts.ts';
import { waitForLogin } from './login.ts';
import type { SmokeContext } from './with-clone.ts';

/** How long what Windows has published may take to be seen in vCenter. */
const publishedMs = 60_000;

/**
 * Starts the clone and lets it tell what it is like, once OOBE is over. The script is called over VMware Tools, which need
 * no network, with the password of the sealed image.
 *
 * @throws IngotError `smoke.no-boot`, `smoke.oobe` with a screenshot; `smoke.guestinfo`
 */
export async function readFacts(context: SmokeContext, clone: Machine): Promise<SmokeFacts> {
  const { config, signal, progress } = context;
  const { timeout } = config.smokeTest;
  const started = Date.now();
  const left = () => Math.max(1, started + timeout - Date.now());
  progress(`Starting ${clone.name}`);
  await clone.powerOn(signal);
  let running = false;
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  try {
    const what = `VMware Tools to run in ${clone.name}`;
    await clone.waitFor((state) => state.toolsRunning, { what, deadlineMs: left(), signal: until });
    running = true;
    for (;;) {
      progress('Waiting for the end of OOBE');
      await waitForLogin(context, clone, until);
      progress('Asking the clone what it is like');
      const run = randomBytes(8).toString('hex');
      try {
        const facts = await callSmoke({ ...context, signal: until }, run, left());
        await published(context, clone, facts, run);
        return facts;
      } catch (error) {
        // Windows may restart on its way through OOBE, and VMware Tools with it.
        if (until.aborted || !(error instanceof IngotError) || !error.retryable) throw error;
        context.log(`asking again: ${error.message}`);
        context.closeGuest('smoke');
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    const hangs = error instanceof IngotError && (error.timedOut || error.unreachable || error.code === 'guest.auth');
    if (!hangs && !until.aborted) throw error;
    const picture = await clone.screenshot(signal).catch(() => undefined);
    throw stands(running, timeout, picture, error);
  }
}

/** The one call: the script itself waits for the end of OOBE, for less than we do, so that it still can tell. */
function callSmoke(context: SmokeContext, run: string, timeoutMs: number): Promise<SmokeFacts> {
  const { config } = context;
  const parameters = {
    run,
    seconds: Math.max(1, Math.floor((timeoutMs * 0.8) / 1000)),
    runtime: config.docker === undefined ? (config.containerd === undefined ? '' : 'containerd') : 'docker',
    rules: config.firewall.rules.map((rule) => rule.name),
    dnsNames: Object.values(clusterNames(config) ?? {}),
  };
  const guest = (signal: AbortSignal) => context.guest(signal, 'smoke');
  return script({ ...context, guest }, 'smoke', parameters, smokeFactsSchema, { timeoutMs });
}

/** The same facts come over guestinfo: VMware Tools of a clone can tell vCenter what scripts give them. */
async function published(context: SmokeContext, clone: Machine, facts: SmokeFacts, run: string): Promise<void> {
  const problem = (found: string) =>
    new IngotError('smoke.guestinfo', `expected a clone to publish its facts over guestinfo, found ${found}`, {
      remedy: 'VMware Tools of the clone refuse info-set: look for isolation.tools settings of the VM or its host',
    });
  if (!facts.published) throw problem('that VMware Tools refused them');
  try {
    const what = 'the facts of the clone in guestinfo';
    const report = await clone.waitFor(({ extraConfig }) => smokeReport(extraConfig.get(keys.smoke), run), {
      what,
      deadlineMs: publishedMs,
      signal: context.signal,
    });
    if (report.computerName !== facts.computerName) throw problem(`those of ${report.computerName}`);
  } catch (error) {
    if (error instanceof IngotError && error.timedOut) throw problem('none');
    throw error;
  }
}

function stands(running: boolean, timeout: number, picture: string | undefined, cause: unknown): IngotError {
  const why = cause instanceof IngotError ? [cause.message] : [];
  const shot = picture === undefined ? 'vCenter could not take a screenshot' : `screenshot: ${picture}`;
  const options = { evidence: [shot, ...why], timedOut: true, cause };
  const within = durationText(timeout);
  if (!running) {
    return new IngotError(
      'smoke.no-boot',
      `expected a clone to start and VMware Tools to run in it within ${within}, found that they do not`,
      {
        ...options,
        remedy:
          'look at the screenshot: a black screen means that Sysprep did not run as it should, an error of Setup names the answer file; if Windows is up, look at the service VMTools; raise smokeTest.timeout if it was only slow',
      },
    );
  }
  return new IngotError(
    'smoke.oobe',
    `expected a clone to come to the end of OOBE within ${within}, found that nobody can log in yet`,
    {
      ...options,
      remedy:
        'look at the screenshot: OOBE stands at a page that the answer file leaves open; if it is through, the password of the answer file is not in force; raise smokeTest.timeout if it was only slow',
    },
  );
}
