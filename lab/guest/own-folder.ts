import { isKeyAclStrict } from './acl.ts';
import { INGOT_FOLDER, SCRIPTS_FOLDER } from './paths.ts';
import type { Windows } from './windows.ts';

/** Administrators and SYSTEM, handed down to what lies in the folder. */
export const INGOT_ACL = 'O:BAG:SYD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)';

/** ingot's folder as its bootstrap makes it, and its scripts mend it. */
export function makeIngotFolder({ files }: Windows): void {
  files.makeFolder(INGOT_FOLDER, { acl: INGOT_ACL });
}

/** What inherits from C:\ProgramData can be written by every user. */
export function isIngotFolderPrivate({ files }: Windows): boolean {
  return [INGOT_FOLDER, SCRIPTS_FOLDER].every((path) => {
    const acl = files.get(path)?.acl ?? files.get(INGOT_FOLDER)?.acl;
    return isKeyAclStrict(acl);
  });
}
