import { leaf, node } from '../../xml.ts';
import type { Lease } from './lease.ts';
import type { Leases } from './leases.ts';

/**
 * Leases are the lab's own, and vcsim's property collector knows nothing of them. So each has a task in vcsim for a shadow:
 * what a client asks about the lease, vcsim is asked about the task; each change of the lease changes the task; and where
 * an answer tells of the task, the client is told of the lease.
 */
const ASKS = new Set([
  'CreateListView',
  'ModifyListView',
  'CreateFilter',
  'RetrievePropertiesEx',
  'RetrieveProperties',
]);
const TELLS = new Set(['WaitForUpdatesEx', 'WaitForUpdates', 'RetrievePropertiesEx', 'RetrieveProperties']);

/** A request as vcsim can take it. */
export function askOfShadows(leases: Leases, method: string, raw: string): string {
  if (!ASKS.has(method) || !raw.includes('"HttpNfcLease"')) return raw;
  let found = false;
  const asked = raw.replace(
    /\b(type=")HttpNfcLease("[^<>]*>\s*)([^<]+?)(\s*<)/g,
    (all: string, before: string, between: string, id: string, after: string) => {
      const lease = leases.get(unescapeBrackets(id));
      if (lease === undefined) return all;
      found = true;
      return `${before}Task${between}${lease.shadow.value}${after}`;
    },
  );
  if (!found) return raw;
  // Only of what asks for the lease itself: a filter over a view follows tasks anyway.
  return asked.replace(
    /<(\w+:)?propSet\b[^<>]*>\s*(?:<(\w+:)?type\b[^<>]*>)HttpNfcLease<.*?<\/\1propSet>/gs,
    node('propSet', leaf('type', 'Task') + leaf('pathSet', 'info')),
  );
}

/** An answer of vcsim's as a client is to have it. */
export function tellOfLeases(leases: Leases, method: string, body: string): string {
  if (!TELLS.has(method)) return body;
  let told = body;
  for (const lease of leases.all()) {
    if (!told.includes(`>${lease.shadow.value}<`)) continue;
    for (const kind of ['objectSet', 'objects']) {
      const block = new RegExp(
        `<${kind}>((?:(?!</?${kind}>).)*?)<obj type="Task">${lease.shadow.value}</obj>(?:(?!</?${kind}>).)*</${kind}>`,
        'gs',
      );
      told = told.replace(block, (_, before: string) => `<${kind}>${before}${valuesOf(lease, kind)}</${kind}>`);
    }
  }
  return told;
}

function valuesOf(lease: Lease, kind: string): string {
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  const values = lease.properties().map(({ name, type, inner }) => {
    const val = `<val ${xsi} xsi:type="${type}">${inner}</val>`;
    return kind === 'objects'
      ? node('propSet', leaf('name', name) + val)
      : node('changeSet', leaf('name', name) + leaf('op', 'assign') + val);
  });
  return `<obj type="HttpNfcLease">${lease.id}</obj>${values.join('')}`;
}

function unescapeBrackets(text: string): string {
  return text.replaceAll('&#91;', '[').replaceAll('&#93;', ']').trim();
}
