// Writes docs/lint.md from the rules of the linter of answer files.
//
//   npm run generate:lint
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { lintDocument } from './lint-document.ts';

const target = fileURLToPath(new URL('../docs/lint.md', import.meta.url));
await writeFile(target, lintDocument());
console.log(`written: ${target}`);
