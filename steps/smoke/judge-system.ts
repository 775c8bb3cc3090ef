import { GIB } from '../../image/units.ts';
import { readToolsConf } from '../support/tools-conf.ts';
import { sealedSetting } from './answer-file-settings.ts';
import type { SmokeFacts } from './facts.ts';
import type { Expected, Verdict } from './judge.ts';

/** What runs in a clone, and what must not be there any more. */
export function judgeSystem(facts: SmokeFacts, expected: Expected): readonly Verdict[] {
  return [
    judgeTools(facts),
    judgeToolsConf(facts, expected),
    ...judgeRuntime(facts, expected),
    judgeTimeZone(facts, expected),
    judgeLeftovers(facts),
    judgeDisk(facts, expected),
  ];
}

function judgeTools({ tools: { version, status, startType } }: SmokeFacts): Verdict {
  if (status === 'Running' && startType === 'Automatic') return `VMware Tools ${version}: ${status}, ${startType}`;
  return {
    code: 'smoke.tools',
    message: `expected the service VMTools of a clone to run and to start automatically, found ${status}, ${startType}`,
    remedy: 'look for a policy or a step of the image that changes the service VMTools',
  };
}

function judgeToolsConf({ toolsConf }: SmokeFacts, { image }: Expected): Verdict {
  const wanted = image.tools.excludeNics;
  const value = readToolsConf(Buffer.from(toolsConf, 'base64'), 'guestinfo', 'exclude-nics');
  if (value === wanted) return `[guestinfo] exclude-nics=${value} in tools.conf`;
  return {
    code: 'smoke.tools-conf',
    message: `expected exclude-nics=${wanted} under [guestinfo] in tools.conf of a clone, found ${value === undefined ? 'no such entry' : `exclude-nics=${value}`}`,
    remedy: 'look for software in the image that rewrites tools.conf after the step tools-conf',
  };
}

function judgeRuntime({ runtime }: SmokeFacts, { image }: Expected): readonly Verdict[] {
  const [name, wanted] =
    image.docker === undefined ? ['containerd', image.containerd?.version] : ['docker', image.docker.version];
  if (wanted === undefined) return [];
  if (runtime?.answers && runtime.status === 'Running' && runtime.startType === 'Automatic')
    return [`${name} ${runtime.answer} answers: ${runtime.status}, ${runtime.startType}`];
  const found =
    runtime === null ? 'nothing' : `${runtime.status}, ${runtime.startType}, ${runtime.answer || 'no answer'}`;
  return [
    {
      code: 'smoke.runtime',
      message: `expected ${name} ${wanted} of a clone to run, to start automatically and to answer, found ${found}`,
      remedy: `look at the event log of the service ${name} in a clone (smokeTest.keepOnFailure); networks of the master in C:\\ProgramData\\Microsoft\\Windows\\HNS are a usual cause`,
    },
  ];
}

function judgeTimeZone({ timeZone }: SmokeFacts, { image }: Expected): Verdict {
  const wanted = sealedSetting(image, 'oobeSystem', 'TimeZone') ?? image.windows.timeZone;
  if (timeZone === wanted) return `time zone ${timeZone}`;
  return {
    code: 'smoke.time-zone',
    message: `expected the time zone ${wanted} in a clone, found ${timeZone}`,
    remedy: 'the answer file did not set it: look at windows.timeZone and windows.unattend.sysprep',
  };
}

function judgeLeftovers({ leftovers }: SmokeFacts): Verdict {
  if (leftovers.length === 0) return 'nothing of the build is left';
  return {
    code: 'smoke.leftovers',
    message: `expected nothing of the build in a clone, found ${leftovers.join(', ')}`,
    remedy:
      'every clone would carry it: report it with the journal, or remove it in a step of your own before the master',
  };
}

function judgeDisk({ disk: { size, unallocated } }: SmokeFacts, { image }: Expected): Verdict {
  const [all, free] = [size, unallocated].map((bytes) => `${Math.round((bytes / GIB) * 10) / 10} GiB`);
  if (!image.windows.sysprep.extendOsPartition || unallocated < GIB)
    return `system disk ${all}, ${free} in no partition`;
  return {
    code: 'smoke.disk',
    message: `expected the Windows partition of a clone to take the rest of its disk, found ${free} of ${all} in no partition`,
    remedy:
      'a partition behind it is in the way: leave windows.recoveryPartition out, or windows.sysprep.extendOsPartition',
  };
}
