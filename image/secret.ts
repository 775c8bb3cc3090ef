import { open } from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import { IngotError } from '../common/failure.ts';
import type { Redactor } from '../common/redactor.ts';

/** What a secret is written as in the image file. The reference itself is no secret and may be printed. */
export const SECRET_PATTERN = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|exec:.*\S.*)$/;

/** Longest secret in bytes: of a file that is longer, somebody named the wrong one. */
const LONGEST = 1024 * 1024;

/** Where references are resolved. */
export interface SecretContext {
  /** The image file's folder: `file:` paths are relative to it, and `exec:` commands run in it. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Learns every secret as soon as it is resolved. */
  readonly redactor?: Redactor | undefined;
}

/**
 * A reference to a secret: `env:NAME`, `file:PATH` or `exec:COMMAND`. The secret itself is read when `resolve` is
 * called, and only then. Several calls read it once.
 */
export class Secret {
  readonly reference: string;
  #context: SecretContext | undefined;
  #value: Promise<string> | undefined;

  constructor(reference: string) {
    this.reference = reference;
  }

  /** Says where the reference is resolved. The loader of the image file calls this once. */
  bind(context: SecretContext): void {
    this.#context = context;
  }

  /**
   * The secret. It is registered with the redactor before it is returned.
   * @throws IngotError `secret.missing` (variable, file or command not there), `secret.empty`, `secret.unreadable`
   *   (or longer than 1 MiB), `secret.command` (the command failed or took longer than a minute)
   */
  resolve(): Promise<string> {
    this.#value ??= this.#read().catch((error: unknown) => {
      this.#value = undefined;
      throw error;
    });
    return this.#value;
  }

  /** The reference, so that logs and JSON show where a secret comes from and never what it is. */
  toString(): string {
    return this.reference;
  }

  toJSON(): string {
    return this.reference;
  }

  async #read(): Promise<string> {
    const context = this.#context ?? { directory: process.cwd(), env: process.env };
    const value = await readSecret(this.reference, context);
    if (value === '') {
      throw new IngotError('secret.empty', `expected a secret at ${this.reference}, found nothing`, {
        remedy: `put the secret where ${this.reference} points to`,
      });
    }
    context.redactor?.add(value);
    return value;
  }
}

async function readSecret(reference: string, context: SecretContext): Promise<string> {
  const rest = reference.slice(reference.indexOf(':') + 1);
  if (reference.startsWith('env:')) return readVariable(rest, context);
  if (reference.startsWith('file:')) return readSecretFile(rest, context);
  const { runSecretCommand } = await import('./secret-command.ts');
  return runSecretCommand(rest, context);
}

function readVariable(name: string, context: SecretContext): string {
  const value = context.env[name];
  if (value !== undefined) return value;
  throw new IngotError('secret.missing', `expected the environment variable ${name}, found that it is not set`, {
    remedy: `export ${name}='…' before the build, or name another source in the image file`,
  });
}

async function readSecretFile(path: string, context: SecretContext): Promise<string> {
  const file = resolvePath(context.directory, path);
  let bytes: Buffer;
  try {
    bytes = await readStart(file, LONGEST + 1);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new IngotError(
      missing ? 'secret.missing' : 'secret.unreadable',
      `expected a secret in the file ${file}, found ${missing ? 'no such file' : `that it cannot be read (${code})`}`,
      {
        remedy: missing ? 'create the file or name another source in the image file' : 'check its type and its rights',
      },
    );
  }
  if (bytes.length <= LONGEST) return trimNewline(bytes.toString('utf8'));
  throw new IngotError('secret.unreadable', `expected a secret in the file ${file}, found more than 1 MiB`, {
    remedy: 'name the file of the secret',
  });
}

/** The first bytes of a file, at most `length`. */
async function readStart(file: string, length: number): Promise<Buffer> {
  await using handle = await open(file);
  const chunks: Buffer[] = [];
  for await (const chunk of handle.createReadStream({ end: length - 1, autoClose: false })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Editors and `echo` end a file with a newline that is not part of the secret: one is taken away. */
export function trimNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}
