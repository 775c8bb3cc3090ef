import { INHERITED_ACL } from '../acl.ts';
import { TOOLS_CONF_FILE } from '../paths.ts';
import type { ScriptModel } from './call.ts';

export const toolsConf: ScriptModel = ({ windows }) => {
  const file = windows.files.get(TOOLS_CONF_FILE);
  return {
    path: TOOLS_CONF_FILE.replaceAll('/', '\\'),
    acl: file === undefined ? '' : (file.acl ?? INHERITED_ACL),
    content: (file?.content ?? Buffer.alloc(0)).toString('base64'),
  };
};
