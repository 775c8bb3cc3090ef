// docs/lint.md, made from the rules of the linter.
import { LINT_RULES, type Rule } from '../unattend/lint.ts';

export function lintDocument(): string {
  const rows = LINT_RULES.map(
    ({ code, severity, title }) => `| [\`${code}\`](#${anchor(code)}) | ${severity} | ${cell(title)} |`,
  );
  return `<!-- Generated from the rules by \`npm run generate:lint\`. Do not edit. -->

# What the linter of answer files finds

\`ingot unattend lint FILE.xml…\` checks any answer file of Windows Setup or Sysprep against ${LINT_RULES.length} rules. An **error** is what
Windows stops at, asks somebody about, or does not do although the file says so; a **warning** works, and is still unwise.
Each finding has a code that stays, the path of the setting, line and column, and what to do. Components of another
architecture than amd64 are left out where the file has the same component for amd64.

What the linter does not know, it does not tell: settings of components that Microsoft does not document, values of most
settings, whether a script that a command names is there, and whether the media hold a language unless it is told.

| Code | Severity | What must hold |
|---|---|---|
${rows.join('\n')}

${LINT_RULES.map(section).join('\n')}`;
}

function section({ code, severity, title, why, remedy, example }: Rule): string {
  const where = example.at === undefined ? '' : `, in ${example.at.replace('/', ', ')}`;
  const known = example.context === undefined ? '' : `, known beside the file: \`${JSON.stringify(example.context)}\``;
  return `## ${code}

**${severity}** · ${title}

${why}

${remedy}

Wrong${where}${known}:

\`\`\`xml
${shortened(example.bad)}
\`\`\`

Right:

\`\`\`xml
${shortened(example.good)}
\`\`\`
`;
}

/** Long runs of one letter say no more than their beginning. */
function shortened(xml: string): string {
  return xml.replace(/x{200,}/g, (run) => `${'x'.repeat(20)}…(${run.length} times x)`);
}

function anchor(code: string): string {
  return code.replaceAll('.', '');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/<(\w+)>/g, '`<$1>`');
}
