import type { Finding } from '../problem.ts';
import { formatSize, GIB, MIB } from '../units.ts';
import { GUEST_ID_VERSIONS, guestIds, NEWEST_HARDWARE } from '../windows-defaults.ts';
import type { Rule } from './rule.ts';

const SMALLEST_DISK = 32 * GIB;
const LARGEST_DISK = 62 * 1024 * GIB;
const SMALLEST_MEMORY = 2 * GIB;
/** Limits of a VM before and from hardware version 18 (vSphere 7.0 U1): VMware Configuration Maximums. */
const LIMITS = { before18: { cpus: 128, memory: 6128 * GIB }, from18: { cpus: 768, memory: 24576 * GIB } };

export const secureBootNeedsEfi: Rule = ({ hardware }) =>
  hardware?.secureBoot === true && hardware.firmware === 'bios'
    ? [
        {
          path: ['hardware', 'secureBoot'],
          code: 'hardware.secure-boot',
          expected: 'secure boot only with firmware: efi',
          found: 'firmware: bios',
          remedy: 'set firmware: efi or remove secureBoot',
        },
      ]
    : [];

export const processors: Rule = ({ hardware }) => {
  const { cpus, coresPerSocket, version } = hardware ?? {};
  const findings: Finding[] = [];
  if (cpus !== undefined && coresPerSocket !== undefined && cpus % coresPerSocket !== 0) {
    findings.push({
      path: ['hardware', 'coresPerSocket'],
      code: 'hardware.cores',
      expected: `cores a socket that divide the ${cpus} CPUs`,
      found: String(coresPerSocket),
      remedy: 'change one of the two',
    });
  }
  if (cpus !== undefined && version !== undefined && version < 18 && cpus > LIMITS.before18.cpus) {
    findings.push({
      path: ['hardware', 'cpus'],
      code: 'hardware.cpus',
      expected: `at most ${LIMITS.before18.cpus} CPUs with hardware version ${version}`,
      found: String(cpus),
      remedy: 'use fewer, or set hardware.version to 18 or more',
    });
  }
  return findings;
};

export const memory: Rule = ({ hardware }) => {
  const bytes = hardware?.memory;
  if (bytes === undefined) return [];
  const report = (expected: string, remedy: string): Finding[] => [
    { path: ['hardware', 'memory'], code: 'hardware.memory', expected, found: formatSize(bytes), remedy },
  ];
  if (bytes < SMALLEST_MEMORY) return report('at least 2GiB of memory for Windows Setup', 'raise it');
  const limit = (hardware?.version ?? 15) < 18 ? LIMITS.before18.memory : LIMITS.from18.memory;
  if (bytes > limit) return report(`at most ${formatSize(limit)} with this hardware version`, 'lower it');
  return bytes % (4 * MIB) === 0 ? [] : report('a multiple of 4MiB', 'round it');
};

export const disks: Rule = ({ hardware }) => {
  const findings: Finding[] = [];
  const check = (path: (string | number)[], bytes: number | undefined, minimum: number) => {
    if (bytes === undefined || (bytes >= minimum && bytes <= LARGEST_DISK)) return;
    findings.push({
      path: ['hardware', ...path],
      code: 'hardware.disk',
      expected: bytes < minimum ? `a disk of at least ${formatSize(minimum)}` : 'a disk of at most 62TiB',
      found: formatSize(bytes),
      remedy: bytes < minimum ? 'raise it' : 'lower it',
    });
  };
  check(['disk'], hardware?.disk, SMALLEST_DISK);
  for (const [index, disk] of (hardware?.extraDisks ?? []).entries())
    check(['extraDisks', index, 'size'], disk?.size, MIB);
  return findings;
};

/** An id that the hardware version does not know is refused by CreateVM_Task (InvalidArgument, guestId). */
export const guestId: Rule = ({ hardware }) => {
  const { guestId: id, version } = hardware ?? {};
  const needed = id === undefined ? undefined : GUEST_ID_VERSIONS[id];
  if (needed === undefined || version === undefined || version >= needed) return [];
  return [
    {
      path: ['hardware', 'guestId'],
      code: 'hardware.guest-id',
      expected: `a guest OS id that hardware version ${version} knows`,
      found: `${id}, which needs ${needed}`,
      remedy: `set hardware.version to ${needed} or remove guestId`,
    },
  ];
};

/**
 * A note for 2022 and 2025: with an old hardware version the VM says that it is an older Windows. For 2019 and 20H2 that
 * is what OpenShift's own tests build (vmx-15, windows9Server64Guest).
 */
export const hardwareForWindows: Rule = ({ hardware, windows }, raw) => {
  const windowsVersion = windows?.version;
  const { version, guestId: named } = hardware ?? {};
  if ((windowsVersion !== '2022' && windowsVersion !== '2025') || version === undefined || named !== undefined)
    return [];
  const [best = ''] = guestIds(windowsVersion, NEWEST_HARDWARE);
  const [first] = guestIds(windowsVersion, version);
  const needed = GUEST_ID_VERSIONS[best] ?? version;
  if (version >= needed) return [];
  const written = raw(['hardware', 'version']) !== undefined;
  return [
    {
      path: written ? ['hardware', 'version'] : ['windows', 'version'],
      code: 'hardware.version',
      expected: `hardware version ${needed} or more, which has a guest OS id for Windows Server ${windowsVersion}`,
      found: `${version}, so that the VM will be a ${first}`,
      remedy: `set hardware.version to ${needed} if all hosts know it`,
      severity: 'warning',
    },
  ];
};
