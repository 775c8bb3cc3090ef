import { setTimeout as pause } from 'node:timers/promises';
import { IngotError } from '../../common/failure.ts';
import type { BuildEnv } from '../define.ts';
import type { Machine } from '../vcenter/machine.ts';

/**
 * Between two logins that Windows refuses. New installations lock an account out after ten wrong passwords within ten
 * minutes, Administrator too (Microsoft, KB5020282), and nobody tells when OOBE has set the password: VMware Tools run
 * before that.
 */
const refusedMs = 75_000;
/** Between two tries while VMware Tools do not answer: Windows restarts between specialize and OOBE. */
const awayMs = 2_000;

/** Waits until Windows lets Administrator in with the password of the sealed image: OOBE has set it. */
export async function waitForLogin(
  { vcenter, password }: Pick<BuildEnv, 'vcenter' | 'password'>,
  clone: Machine,
  signal: AbortSignal,
): Promise<void> {
  const [{ vc }, { vmToolsOperations }, secret] = await Promise.all([
    vcenter(),
    import('../guest/vmtools.ts'),
    password('smoke', signal),
  ]);
  const login = { username: 'Administrator', password: secret };
  const operations = await vmToolsOperations(vc, clone, login, signal);
  for (;;) {
    try {
      // Any operation shows whether the account is let in; this one changes nothing.
      await operations.processes([], { signal });
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof IngotError) || !(error.code === 'guest.auth' || error.retryable)) throw error;
      await pause(error.code === 'guest.auth' ? refusedMs : awayMs, undefined, { signal });
    }
  }
}
