import { IngotError } from '../../common/failure.ts';
import type { PlainData } from '../../image/index.ts';
import { type ReadSecret, resolveParameters } from '../../image/secrets.ts';
import type { PassTree } from '../../unattend/settings.ts';

/**
 * `windows.unattend` of an image file as settings, with each secret in its place.
 *
 * @throws IngotError `unattend.extra` for what the rules of the image file refuse
 */
export async function extraSettings(
  settings: Readonly<Record<string, PlainData>> | undefined,
  read: ReadSecret,
): Promise<PassTree | undefined> {
  if (settings === undefined) return undefined;
  const [tree, { extraProblems }] = await Promise.all([
    resolveParameters(settings, read),
    import('../../unattend/extra.ts'),
  ]);
  const problems = extraProblems(tree);
  const isPassTree = (value: unknown): value is PassTree => extraProblems(value).length === 0;
  if (isPassTree(tree)) return tree;
  throw new IngotError('unattend.extra', 'expected settings by pass and component, found others', {
    evidence: problems.map(({ path, message }) => `${path.join('.')}: ${message}`),
    remedy: 'correct windows.unattend in the image file',
  });
}
