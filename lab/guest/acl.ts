/** Administrators and SYSTEM, full control, nothing inherited: what `icacls /inheritance:r /grant …` of the procedure leaves. */
export const KEYS_ACL = 'O:BAG:SYD:PAI(A;;FA;;;BA)(A;;FA;;;SY)';
/** The same, but every authenticated user may read: what a file in C:\ProgramData\ssh inherits. */
export const WIDE_ACL = 'O:BAG:SYD:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;AU)';
/** Administrators and SYSTEM of a file that inherits from C:\ProgramData. */
export const INHERITED_ACL = 'O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)';

/**
 * Whether sshd takes administrators_authorized_keys with this security descriptor: nobody but Administrators and SYSTEM
 * may be named (OpenSSH for Windows 7.7 and 8.1 refuse any other entry).
 */
export function isKeyAclStrict(sddl: string | undefined): boolean {
  if (sddl === undefined) return false;
  const entries = [...sddl.matchAll(/\(([^)]*)\)/g)].map(([, entry = '']) => entry.split(';').at(-1) ?? '');
  return entries.length > 0 && entries.every((trustee) => ['BA', 'SY', 'S-1-5-32-544', 'S-1-5-18'].includes(trustee));
}

/** Bits of a file's access mask that change it: data, attributes, delete, access list, owner. */
const WRITE = 0x500d0116;
const LETTERS: Readonly<Record<string, number>> = { FA: 0x1f01ff, FR: 0x120089, FW: 0x120116, FX: 0x1200a0 };

/** Trustees besides Administrators and SYSTEM that may write, by the entries of a security descriptor. */
export function foreignWriters(sddl: string): string[] {
  return [...sddl.matchAll(/\(A;[^;]*;([^;]*);;;([^)]*)\)/g)]
    .filter(([, rights = '']) => ((LETTERS[rights] ?? Number(rights)) & WRITE) !== 0)
    .map(([, , trustee = '']) => trustee)
    .filter((trustee) => !['BA', 'SY', 'S-1-5-32-544', 'S-1-5-18'].includes(trustee));
}
