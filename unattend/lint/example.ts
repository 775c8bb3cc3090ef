import { COMPONENT_ATTRIBUTES } from '../model.ts';
import { NAMESPACE } from '../namespace.ts';
import type { Example } from './rule.ts';

/** An example as a whole answer file. */
export function exampleFile({ at }: Example, fragment: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<unattend xmlns="${NAMESPACE.unattend}" xmlns:wcm="${NAMESPACE.wcm}">
${at === undefined ? fragment : inComponent(at, fragment)}
</unattend>
`;
}

function inComponent(at: string, fragment: string): string {
  const [pass = '', name = ''] = at.split('/');
  const attributes = Object.entries({ name, ...COMPONENT_ATTRIBUTES }).map(([key, value]) => `${key}="${value}"`);
  return `<settings pass="${pass}">\n<component ${attributes.join(' ')}>\n${fragment}\n</component>\n</settings>`;
}
