/** One entry of an access list. */
export interface Ace {
  /** `A` allows, `D` denies; object and audit entries have their own letters. */
  readonly type: string;
  readonly flags: string;
  /** Access mask of a file. */
  readonly mask: number;
  /** A SID (`S-1-5-18`); the alias as it stands if it is none that is known here. */
  readonly trustee: string;
}

export interface SecurityDescriptor {
  readonly owner: string;
  /** Inheritance is off (`P`). */
  readonly isProtected: boolean;
  /** Undefined: no access list at all (NULL DACL), which lets everybody do everything. */
  readonly aces: readonly Ace[] | undefined;
}

/** Aliases of SDDL, as Microsoft lists them ("SID strings"); those that turn up on files of a server. */
const ALIASES: Readonly<Record<string, string>> = {
  BA: 'S-1-5-32-544',
  SY: 'S-1-5-18',
  BU: 'S-1-5-32-545',
  AU: 'S-1-5-11',
  WD: 'S-1-1-0',
  CO: 'S-1-3-0',
  OW: 'S-1-3-4',
  IU: 'S-1-5-4',
  NU: 'S-1-5-2',
  LS: 'S-1-5-19',
  NS: 'S-1-5-20',
  PU: 'S-1-5-32-547',
  AC: 'S-1-15-2-1',
};

/** Rights in letters ("ACE strings"), as they count for files. */
const RIGHTS: Readonly<Record<string, number>> = {
  GA: 0x1f01ff,
  GR: 0x120089,
  GW: 0x120116,
  GX: 0x1200a0,
  FA: 0x1f01ff,
  FR: 0x120089,
  FW: 0x120116,
  FX: 0x1200a0,
  RC: 0x20000,
  SD: 0x10000,
  WD: 0x40000,
  WO: 0x80000,
  CC: 0x1,
  DC: 0x2,
  LC: 0x4,
  SW: 0x8,
  RP: 0x10,
  WP: 0x20,
  DT: 0x40,
  LO: 0x80,
  CR: 0x100,
};

/** Data, append, extended attributes, attributes, delete, access list, owner; and the generic rights to write. */
const WRITE = 0x2 | 0x4 | 0x10 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x40000000 | 0x10000000;
/** An entry that only children inherit says nothing about the object itself. */
const INHERIT_ONLY = 'IO';

const ADMINISTRATORS = 'S-1-5-32-544';
export const SYSTEM = 'S-1-5-18';
/** Who may write to what sshd, VMware Tools and the like read: both are as powerful as anybody, and TrustedInstaller is. */
const TRUSTED: ReadonlySet<string> = new Set([
  ADMINISTRATORS,
  SYSTEM,
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
]);

/** Reads a security descriptor in SDDL; undefined if it is none. Source: Microsoft, "Security Descriptor String Format". */
export function parseSddl(text: string): SecurityDescriptor | undefined {
  const parts = /^O:([A-Z]{2}|S-[\d-]+)(?:G:(?:[A-Z]{2}|S-[\d-]+))?(?:D:(.*?))?(?:S:.*)?$/.exec(text.trim());
  if (parts === null) return undefined;
  const [, owner = '', list] = parts;
  if (list === undefined || list.startsWith('NO_ACCESS_CONTROL'))
    return { owner: sid(owner), isProtected: list !== undefined && /P/.test(list), aces: undefined };
  const aces: Ace[] = [];
  for (const [, entry = ''] of list.matchAll(/\(([^()]*(?:\([^()]*\)[^()]*)*)\)/g)) {
    const [type = '', flags = '', rights = '', , , trustee = ''] = entry.split(';');
    const mask = maskOf(rights);
    if (mask === undefined || trustee === '') return undefined;
    aces.push({ type, flags, mask, trustee: sid(trustee) });
  }
  return { owner: sid(owner), isProtected: /^[A-Z]*P/.test(list), aces };
}

/**
 * Who may change a file, other than Administrators, SYSTEM and TrustedInstaller: SIDs of the owner and of the entries that
 * allow any kind of writing. Entries that deny are not counted against them: their order decides, and nobody needs them here.
 * A descriptor that cannot be read, or has no list, names everybody.
 */
export function foreignWriters(sddl: string): readonly string[] {
  const found = parseSddl(sddl);
  if (found?.aces === undefined) return ['S-1-1-0'];
  const writers = found.aces.filter(
    ({ type, flags, mask }) => type.startsWith('A') && !pairs(flags).includes(INHERIT_ONLY) && (mask & WRITE) !== 0,
  );
  return [...new Set([found.owner, ...writers.map(({ trustee }) => trustee)])].filter((who) => !TRUSTED.has(who));
}

/** Whether a file is open to exactly Administrators and SYSTEM, fully, with inheritance off; nobody else is even named. */
export function isForAdministratorsOnly(sddl: string): boolean {
  const found = parseSddl(sddl);
  if (found === undefined || !found.isProtected || !TRUSTED.has(found.owner)) return false;
  const full = (found.aces ?? []).filter(({ type, mask }) => type === 'A' && mask === RIGHTS.FA);
  const named = full.map(({ trustee }) => trustee).sort();
  return found.aces?.length === 2 && named.join() === [SYSTEM, ADMINISTRATORS].sort().join();
}

function maskOf(rights: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(rights)) return Number(rights) | 0;
  if (/^\d+$/.test(rights)) return Number(rights) | 0;
  let mask = 0;
  for (const name of pairs(rights)) {
    const right = RIGHTS[name];
    if (right === undefined) return undefined;
    mask |= right;
  }
  return mask;
}

const pairs = (text: string): readonly string[] => text.match(/../g) ?? [];
const sid = (alias: string): string => ALIASES[alias] ?? alias;
