import { open } from 'node:fs/promises';
import { IngotError } from '../../common/failure.ts';
import { type Finding, type LintContext, lintAnswerFile, type Severity } from '../../unattend/lint.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';

/** A finding with its place in a file. Plain JSON. */
export type FileFinding = {
  /** As it was named. */
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** Pass, component and settings, separated by `/`; empty for the file as a whole. */
  readonly path: string;
};

/** Everything that is wrong with an answer file, in its order. A file that cannot be read or parsed has one finding. */
export async function findingsOf(file: string, context: LintContext): Promise<FileFinding[]> {
  try {
    const model = parseAnswerFile(await readUpTo(file, MOST_BYTES + 1));
    return lintAnswerFile(model, context).map((finding) => placed(file, finding));
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    const { code, message, remedy = '' } = error;
    // What parseAnswerFile tells of a place stands in its evidence, and once more before its message.
    const place = { line: numberIn(error, 'line'), column: numberIn(error, 'column') };
    const words = message.replace(/^Answer file, line \d+, column \d+: /, '');
    return [{ file, ...place, severity: 'error', code, message: words, remedy, path: '' }];
  }
}

function placed(file: string, { place, severity, code, message, remedy, path }: Finding): FileFinding {
  return { file, line: place?.line ?? 1, column: place?.column ?? 1, severity, code, message, remedy, path };
}

function numberIn({ evidence = [] }: IngotError, name: string): number {
  const found = evidence.map((text) => new RegExp(`^${name}: (\\d+)$`).exec(text)?.[1]).find(Boolean);
  return Number(found ?? 1);
}

/** What the parser takes; reading more of a file that is something else would only take time. */
const MOST_BYTES = 8 * 1024 * 1024;

async function readUpTo(file: string, maximum: number): Promise<Uint8Array> {
  try {
    await using handle = await open(file, 'r');
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of handle.createReadStream({ end: maximum - 1, autoClose: false })) {
      const bytes = Buffer.from(piece);
      pieces.push(bytes);
      length += bytes.length;
      if (length >= maximum) break;
    }
    return Buffer.concat(pieces);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const found =
      reason === 'ENOENT' || reason === 'ENOTDIR'
        ? 'no such file'
        : reason === 'EISDIR'
          ? 'a folder'
          : `a file that cannot be read (${reason})`;
    throw new IngotError('unattend.unreadable', `expected an answer file, found ${found}`, {
      remedy: 'Correct its name, or its rights.',
    });
  }
}
