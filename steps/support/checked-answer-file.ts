import { IngotError } from '../../common/failure.ts';
import type { Finding, LintContext } from '../../unattend/lint.ts';
import type { AnswerFile } from '../../unattend/model.ts';

/** Who reads the file, and what else is known beside it. */
export interface CheckContext extends LintContext {
  readonly use: 'install' | 'sysprep';
}

/** What ingot writes on purpose: OpenShift's sample has these settings, so its clones are known to start with them. */
const intended: Readonly<Record<CheckContext['use'], ReadonlySet<string>>> = {
  install: new Set(),
  sysprep: new Set(['unattend.skip-oobe']),
};

/**
 * The XML of an answer file that the linter has nothing against. Windows would tell of a mistake after half an hour, or
 * not at all.
 *
 * @throws IngotError `unattend.lint` with every finding when one of them is an error
 */
export async function checkedXml(
  file: AnswerFile,
  context: CheckContext,
  warn: (message: string) => void,
): Promise<Buffer> {
  const [{ lintAnswerFile }, { writeAnswerFile }] = await Promise.all([
    import('../../unattend/lint.ts'),
    import('../../unattend/write.ts'),
  ]);
  const findings = lintAnswerFile(file, context).filter(({ code }) => !intended[context.use].has(code));
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw refused(context.use, errors, findings);
  for (const finding of findings) warn(`answer file of ${readers[context.use]}: ${told(finding)}`);
  return Buffer.from(writeAnswerFile(file), 'utf8');
}

const readers = { install: 'Windows Setup', sysprep: 'Sysprep' } as const;

function refused(use: CheckContext['use'], errors: readonly Finding[], findings: readonly Finding[]): IngotError {
  const count = errors.length === 1 ? 'a mistake' : `${errors.length} mistakes`;
  const remedies = [...new Set(errors.map(({ remedy }) => remedy))].join(' ');
  return new IngotError('unattend.lint', `expected an answer file that ${readers[use]} can use, found ${count} in it`, {
    evidence: findings.map(told),
    remedy: `correct the image file (\`ingot unattend show\` prints what it makes): ${remedies}`,
  });
}

function told({ code, message, remedy }: Finding): string {
  return `${code}: ${message}; ${remedy}`;
}
