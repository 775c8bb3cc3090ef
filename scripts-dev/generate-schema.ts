// Writes images/ingot.schema.json and the tables of docs/image-file.md from the schema of the image file.
//
//   npm run generate:schema
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { imageJsonSchema } from '../image/json-schema.ts';
import { withReference } from './image-reference.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const schema = `${root}images/ingot.schema.json`;
const document = `${root}docs/image-file.md`;

await writeFile(schema, `${JSON.stringify(imageJsonSchema(), null, 2)}\n`);
await execa('biome', ['check', '--write', schema], { cwd: root, preferLocal: true });
await writeFile(document, withReference(await readFile(document, 'utf8')));
console.log(`written: ${schema}, ${document}`);
