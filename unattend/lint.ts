import { accountRules } from './lint/accounts.ts';
import { commandRules } from './lint/commands.ts';
import { diskRules } from './lint/disk.ts';
import type { Finding, LintContext, Rule } from './lint/rule.ts';
import { structureRules } from './lint/structure.ts';
import type { AnswerFile } from './model.ts';

export type { Finding, LintContext, Rule } from './lint/rule.ts';

/** Every rule, in the order in which its findings are told. */
export const LINT_RULES: readonly Rule[] = [...structureRules, ...diskRules, ...accountRules, ...commandRules];

/** All that is wrong with an answer file, as data; nothing is thrown. */
export function lintAnswerFile(file: AnswerFile, context: LintContext = {}): readonly Finding[] {
  return LINT_RULES.flatMap((rule) =>
    [...rule.check(file, context)].map(({ spot, message }) => ({
      code: rule.code,
      severity: rule.severity,
      message: `${spot.path}: ${message}`,
      remedy: rule.remedy,
      path: spot.path,
      place: spot.place === undefined ? null : { line: spot.place.line, column: spot.place.column },
    })),
  );
}
