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
