import { foreignWriters, INHERITED_ACL } from '../acl.ts';
import { TOOLS_CONF_FILE } from '../paths.ts';
import type { ScriptCall, ScriptModel } from './call.ts';

const OWN_ACL = 'O:BAG:SYD:PAI(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1200a9;;;BU)';
const OPEN_ACL = 'O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;;0x1301bf;;;BU)';

export const toolsConf: ScriptModel = (call) => {
  const { files } = call.windows;
  // Something else in the image lets users write to it.
  const wide = call.scenario.scenario.toolsConf?.acl;
  if (wide === 'wide' && !call.test) files.change(TOOLS_CONF_FILE, { acl: OPEN_ACL });
  const before = stateOf(call);
  const changed = before.exists && foreignWriters(before.acl).length > 0;
  if (changed && !call.test && wide === undefined) files.change(TOOLS_CONF_FILE, { acl: OWN_ACL });
  return { changed, before, after: stateOf(call), rebootRequired: false, evidence: [] };
};

function stateOf({ windows }: ScriptCall) {
  const file = windows.files.get(TOOLS_CONF_FILE);
  return {
    path: TOOLS_CONF_FILE.replaceAll('/', '\\'),
    exists: file !== undefined,
    acl: file === undefined ? '' : (file.acl ?? INHERITED_ACL),
    content: (file?.content ?? Buffer.alloc(0)).toString('base64'),
    reading: file === undefined ? '' : reading(file.content.toString('latin1')),
  };
}

/** What VMwareToolboxCmd prints for `config get guestinfo exclude-nics`. */
function reading(text: string): string {
  let group = '';
  let value: string | undefined;
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const [, header] = /^\[(.*)\]$/.exec(line) ?? [];
    if (header !== undefined) group = header;
    else if (group === '' || !line.includes('=')) return '[guestinfo] exclude-nics UNSET';
    else if (group === 'guestinfo' && line.startsWith('exclude-nics')) value = line.slice(line.indexOf('=') + 1).trim();
  }
  return value === undefined ? '[guestinfo] exclude-nics UNSET' : `[guestinfo] exclude-nics = ${value}`.trimEnd();
}
