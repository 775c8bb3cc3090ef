import { IngotError } from '../../common/failure.ts';
import { fingerprintOf, parsePublicKey } from '../../guest/public-key.ts';
import type { Image } from '../../image/index.ts';
import { sealedSetting } from './answer-file-settings.ts';
import type { SmokeFacts } from './facts.ts';
import { judgeAccess } from './judge-access.ts';
import { judgeSystem } from './judge-system.ts';

/** What the clone is held against. */
export interface Expected {
  readonly image: Image;
  /** Lines of the image file's authorized keys. */
  readonly authorizedKeys: readonly string[];
  /** The master's, as its bootstrap published them. */
  readonly master: { readonly computerName: string; readonly hostKeys: readonly string[] };
}

/** Something that does not hold in a clone. */
export interface Problem {
  /** `smoke.…` */
  readonly code: string;
  /** `expected …, found …` */
  readonly message: string;
  readonly remedy: string;
}

/** One thing that was looked at: a line of proof, or what is wrong with it. */
export type Verdict = string | Problem;

export const isProblem = (verdict: Verdict): verdict is Problem => typeof verdict !== 'string';

/** Everything that must hold in a clone; all of it is judged, whatever else does not hold. */
export function judge(facts: SmokeFacts, expected: Expected): readonly Verdict[] {
  // Of a Windows whose setup is not over nothing else can be asked.
  const oobe = judgeOobe(facts);
  if (isProblem(oobe)) return [oobe];
  return [
    oobe,
    judgeName(facts, expected),
    // An sshd that does not start has made no host keys: the cause comes first.
    ...judgeAccess(facts, expected),
    judgeHostKeys(facts, expected),
    ...judgeSystem(facts, expected),
  ];
}

/** One failure that tells of all problems: the first one's code, and the others as evidence. */
export function smokeFailure(problems: readonly Problem[], evidence: readonly string[] = []): IngotError {
  const [first] = problems;
  if (first === undefined) return new IngotError('smoke', 'expected a problem of the smoke test, found none');
  const more = problems.slice(1).map(({ code, message, remedy }) => `also ${code}: ${message}; ${remedy}`);
  return new IngotError(first.code, first.message, { remedy: first.remedy, evidence: [...more, ...evidence] });
}

function judgeOobe({ imageState, systemSetupInProgress, oobeInProgress }: SmokeFacts): Verdict {
  const state = `${imageState}, SystemSetupInProgress ${systemSetupInProgress}, OOBEInProgress ${oobeInProgress}`;
  const over = imageState === 'IMAGE_STATE_COMPLETE' && systemSetupInProgress === 0 && oobeInProgress === 0;
  if (over) return `OOBE is over: ${imageState}`;
  return {
    code: 'smoke.oobe',
    message: `expected OOBE to be over in a clone, found ${state}`,
    remedy:
      'set smokeTest.keepOnFailure and look at the console of the clone and at C:\\Windows\\Panther\\UnattendGC\\setupact.log: a page that the answer file leaves open, or a command of it, holds Setup up',
  };
}

/** Windows shows the name in capitals (NetBIOS). A name that is written down is every clone's until it is customised. */
function judgeName({ computerName, domain, partOfDomain }: SmokeFacts, { image, master }: Expected): Verdict {
  const wanted = sealedSetting(image, 'specialize', 'ComputerName') ?? image.windows.sysprep.computerName;
  const where = partOfDomain ? `domain ${domain}` : `workgroup ${domain}`;
  const same = (a: string, b: string) => a.toUpperCase() === b.toUpperCase();
  if (wanted === '*') {
    if (!same(computerName, master.computerName))
      return `computer name ${computerName}, not the master's ${master.computerName}; ${where}`;
    return {
      code: 'smoke.computer-name',
      message: `expected a clone to have a computer name of its own, found the master's ${computerName}`,
      remedy:
        'Sysprep or the specialize pass did not do its work: look at C:\\Windows\\Panther\\setupact.log of a clone (smokeTest.keepOnFailure)',
    };
  }
  if (same(computerName, wanted))
    return `computer name ${computerName}, as the answer file says: every clone's until it is customised; ${where}`;
  return {
    code: 'smoke.computer-name',
    message: `expected the computer name ${wanted} in a clone, found ${computerName}`,
    remedy:
      'the specialize pass did not apply the answer file: look at C:\\Windows\\Panther\\setupact.log of a clone (smokeTest.keepOnFailure)',
  };
}

function judgeHostKeys({ hostKeys }: SmokeFacts, { master }: Expected): Verdict {
  const blobs = new Set(master.hostKeys.map((key) => parsePublicKey(key).base64));
  const keys = hostKeys.map(parsePublicKey);
  const shared = keys.filter(({ base64 }) => blobs.has(base64));
  const remedy =
    'all clones would share them: look for what keeps or restores C:\\ProgramData\\ssh\\ssh_host_* when Windows is sealed';
  if (keys.length === 0) {
    const message = 'expected host keys of its own in a clone, found none';
    return { code: 'smoke.host-keys', message, remedy: 'sshd makes them when it starts: look at its event log' };
  }
  if (shared.length > 0) {
    const named = shared.map(({ type, base64 }) => `${type} ${fingerprintOf(base64)}`).join(', ');
    return {
      code: 'smoke.host-keys',
      message: `expected no host key of the master in a clone, found ${named}`,
      remedy,
    };
  }
  return `host keys of its own: ${keys.map(({ type, base64 }) => `${type} ${fingerprintOf(base64)}`).join(', ')}`;
}
