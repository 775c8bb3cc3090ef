import { z } from 'zod';
import type { Image } from '../../image/index.ts';

/** UpdateClassification identifiers of Microsoft's catalogue: the names of categories are in the language of Windows. */
const CATEGORY_IDS: Readonly<Record<string, string>> = {
  CriticalUpdates: 'e6cf1350-c01b-414d-a61f-263d14d133b4',
  DefinitionUpdates: 'e0789628-ce08-4437-be74-2495b842f43b',
  FeaturePacks: 'b54e7d24-7add-428f-8b75-90a396fa584f',
  SecurityUpdates: '0fa1201d-4330-4fa8-8ae9-b877473b6441',
  ServicePacks: '68c5b0a3-d1a6-4553-ae49-01d3a7827828',
  Tools: 'b4832bd8-e735-4761-8daf-37f882276dab',
  UpdateRollups: '28bc880e-0592-4cbf-8f95-c79b17911d5f',
  Updates: 'cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83',
};

const attempt = z.object({
  id: z.string(),
  kb: z.string(),
  title: z.string(),
  resultCode: z.number(),
  hresult: z.string(),
});
export type UpdateAttempt = z.infer<typeof attempt>;

/** What a round of windows-updates.ps1 returns (docs/guest-contract.md). */
export const updateRound = z.object({
  found: z.number(),
  missing: z.array(z.string()),
  problem: z.object({ stage: z.enum(['search', 'install', 'busy', 'metadata']), hresult: z.string() }).nullable(),
  restored: z.boolean(),
  results: z.array(attempt.extend({ stage: z.enum(['download', 'install']), again: z.boolean() })),
  skipped: z.array(z.object({ kb: z.string(), title: z.string(), reason: z.string() })),
  after: z.object({ history: z.array(attempt) }),
  rebootRequired: z.boolean(),
});
export type UpdateRound = z.infer<typeof updateRound>;

/** OperationResultCode: 2 succeeded, 3 succeeded with errors. */
export function succeeded({ resultCode }: { readonly resultCode: number }): boolean {
  return resultCode === 2 || resultCode === 3;
}

/** The parameters of a round: the same for each, so that another ingot finds the job of one. */
export function roundParameters({ updates }: Image) {
  if (updates === 'none') return { source: 'windows-update', categoryIds: [], include: [], exclude: [], maximum: 0 };
  const { categories, include, exclude, maximum, source } = updates;
  const where = typeof source === 'string' ? { source } : { source: 'wsus', server: source.wsus, keep: source.keep };
  return { ...where, categoryIds: categories.map((name) => CATEGORY_IDS[name] ?? name), include, exclude, maximum };
}
