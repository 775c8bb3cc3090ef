import { IngotError } from '../../common/failure.ts';
import { codeText, explain, inWords } from './update-codes.ts';
import type { UpdateAttempt, UpdateRound } from './update-round.ts';

const LEAVE_OUT =
  'mend its cause and build again to go on from here, or exclude the update in `updates.exclude`: the next build then begins with Windows as it was installed';

/** Updates that Windows Update could not download or install. */
export function failedUpdates(failed: readonly UpdateAttempt[]): IngotError {
  const known = failed.map(({ hresult }) => explain(hresult)?.remedy).find((remedy) => remedy !== undefined);
  return new IngotError('updates.failed', `expected every update to install, found ${failed.length} that failed`, {
    evidence: failed.map((u) => `${u.kb} ${u.title}: ${inWords(u.resultCode, u.hresult)}`),
    remedy: known === undefined ? LEAVE_OUT : `${known}; ${LEAVE_OUT}`,
  });
}

/** Installed with success, and offered again: Windows takes them back at boot. */
export function rolledBack(results: UpdateRound['results']): IngotError {
  return new IngotError('updates.rollback', 'expected new updates in each round, found the same ones again', {
    evidence: results.map((done) => `${done.kb} ${done.title}: ${inWords(done.resultCode, done.hresult)} before, too`),
    remedy:
      'Windows rolls these back at boot: exclude them in `updates.exclude`, or look for the failed component in C:\\Windows\\Logs\\CBS\\CBS.log',
  });
}

/** Windows Update itself says no, and a restart does not help or was tried. */
export function refused(problem: NonNullable<UpdateRound['problem']>, mended: string): IngotError {
  const code = codeText(problem.hresult);
  const known = explain(code);
  const words = known === undefined ? code : `${code}, ${known.meaning}`;
  const tried = mended === '' ? [] : [`Windows was restarted for ${mended} before`];
  const failures = {
    search: ['updates.search', 'expected the search for updates to succeed'],
    install: ['updates.install', 'expected Windows Update to install what it found'],
    busy: ['updates.busy', 'expected servicing and other installations to end'],
    metadata: ['updates.metadata', 'expected the metadata of every update to be readable'],
  } as const;
  const [id, expected] = failures[problem.stage];
  return new IngotError(id, `${expected}, found ${words}`, {
    evidence: [...tried, `while: ${problem.stage}`],
    remedy:
      known?.remedy ?? 'look at C:\\Windows\\Logs\\CBS\\CBS.log and at the output of Get-WindowsUpdateLog in the VM',
  });
}

export function missingUpdates(missing: readonly string[]): IngotError {
  return new IngotError('updates.include', `expected ${missing.join(', ')} to be offered or installed, found neither`, {
    remedy:
      'check the numbers in `updates.include` and whether they are for this version of Windows: an update that a later one replaces is not offered any more; with WSUS it also has to be approved',
  });
}

/** Windows wants a restart, gets it, and wants it again, with nothing installed in between. */
export function alwaysPending(restarts: number): IngotError {
  return new IngotError(
    'guest.reboot-loop',
    `expected Windows to want no restart any more after ${restarts} of them, found that it still does`,
    {
      evidence: ['no update could be installed: Windows Update waits for the restart'],
      remedy:
        'look at C:\\Windows\\Logs\\CBS\\CBS.log for what is rolled back at each boot, and at the reasons that state.ps1 tells',
    },
  );
}

export function tooManyRounds(rounds: number, installed: readonly UpdateAttempt[]): IngotError {
  return new IngotError('updates.rounds', `expected no more updates after ${rounds} rounds, found further ones`, {
    evidence: installed.map((done) => `${done.kb} ${done.title}`),
    remedy: 'raise `updates.rounds`; what was installed stays',
  });
}
