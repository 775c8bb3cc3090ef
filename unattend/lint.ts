import { accountRules } from './lint/accounts.ts';
import { commandRules } from './lint/commands.ts';
import { diskRules } from './lint/disk.ts';
import { passwordRules } from './lint/passwords.ts';
import { productKeyRules } from './lint/product-keys.ts';
import { regionRules } from './lint/region.ts';
import type { Finding, LintContext, Rule } from './lint/rule.ts';
import { settingRules } from './lint/settings.ts';
import { setupRules } from './lint/setup.ts';
import { structureRules } from './lint/structure.ts';
import { sysprepRules } from './lint/sysprep.ts';
import type { AnswerFile } from './model.ts';

export type { Finding, LintContext, Rule, Severity } from './lint/rule.ts';

/** Every rule, in the order of docs/lint.md. */
export const LINT_RULES: readonly Rule[] = [
  ...structureRules,
  ...settingRules,
  ...diskRules,
  ...setupRules,
  ...productKeyRules,
  ...regionRules,
  ...accountRules,
  ...passwordRules,
  ...commandRules,
  ...sysprepRules,
];

/**
 * All that is wrong with an answer file, as data; nothing is thrown. Findings come in the order of the file, or of the
 * rules where it was not parsed. `Finding.place` is null for a file that was made and not parsed.
 *
 * @param context what is known beside the file; what is left out is taken from the file where it tells
 */
export function lintAnswerFile(file: AnswerFile, context: LintContext = {}): readonly Finding[] {
  const findings = LINT_RULES.flatMap((rule) =>
    [...rule.check(file, context)].map(
      ({ spot, message }): Finding => ({
        code: rule.code,
        severity: rule.severity,
        message: `${spot.path}: ${message}`,
        remedy: rule.remedy,
        path: spot.path,
        place: spot.place === undefined ? null : { line: spot.place.line, column: spot.place.column },
      }),
    ),
  );
  return findings.sort(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
}
