import { z } from 'zod';

const names = z.array(z.string()).nullable();

/** What inventory.ps1 tells; null for what could not be read. */
export const inventorySchema = z.object({
  os: z
    .object({ build: z.string(), edition: z.string(), installationType: z.string(), productName: z.string() })
    .nullable(),
  updates: names,
  packages: names,
  features: names,
  capabilities: names,
  services: z.array(z.object({ name: z.string(), startType: z.string(), account: z.string() })).nullable(),
  software: z.array(z.object({ name: z.string(), version: z.string(), publisher: z.string() })).nullable(),
  drivers: z.array(z.object({ name: z.string(), version: z.string(), provider: z.string() })).nullable(),
  certificates: z.array(z.object({ store: z.string(), thumbprint: z.string(), subject: z.string() })).nullable(),
  users: z.array(z.object({ name: z.string(), enabled: z.boolean() })).nullable(),
  vmwareTools: z.string().nullable(),
  runtimes: z.array(z.object({ name: z.string(), version: z.string() })).nullable(),
  unread: z.array(z.object({ part: z.string(), message: z.string() })),
});
export type Inventory = z.infer<typeof inventorySchema>;

/** Entries of a list, and characters of a text: more than any Windows has, and a bound for what a broken one tells. */
const MOST = 2000;
const LONGEST = 300;

/** The same content always gives the same text: lists sorted, each entry once, no clock and nothing that is drawn by lot. */
export function inOrder(found: Inventory): Inventory {
  const services = found.services && withoutInstances(found.services);
  return inventorySchema.parse(ordered({ ...found, services }));
}

/** How many there are of each, for the record: the whole would not fit. */
export function countsOf(inventory: Inventory): Record<string, number> {
  const lists = Object.entries(inventory).filter(([part]) => part !== 'unread');
  return Object.fromEntries(lists.flatMap(([part, value]) => (Array.isArray(value) ? [[part, value.length]] : [])));
}

/** `cbdhsvc_3f2a1`: a service that each logon gets anew, beside its template `cbdhsvc`; the number is that logon's. */
function withoutInstances<T extends { readonly name: string }>(services: readonly T[]): T[] {
  const all = new Set(services.map(({ name }) => name.toLowerCase()));
  return services.filter(({ name }) => {
    const [, template] = /^(.+)_[0-9a-f]{3,16}$/i.exec(name) ?? [];
    return template === undefined || !all.has(template.toLowerCase());
  });
}

function ordered(value: unknown): unknown {
  if (typeof value === 'string') return value.trim().slice(0, LONGEST);
  if (Array.isArray(value)) {
    const texts = value.map((item) => JSON.stringify(ordered(item)));
    return [...new Set(texts)]
      .sort()
      .slice(0, MOST)
      .map((text) => JSON.parse(text));
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, ordered(item)]));
}
