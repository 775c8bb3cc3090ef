import { z } from 'zod';
import type { ScriptFailure } from './errors.ts';

/** What a script tells while it runs. */
export interface ScriptProgress {
  readonly message: string;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
}

/** One line of a script's standard output, as docs/guest-contract.md defines it. */
export type ScriptLine =
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'progress'; readonly progress: ScriptProgress }
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: ScriptFailure }
  /** A marker whose JSON is not what the contract says. */
  | { readonly kind: 'invalid'; readonly marker: string; readonly reason: string };

const progressSchema = z.object({
  message: z.string(),
  done: z.number().optional(),
  total: z.number().optional(),
});
const errorSchema = z.object({
  message: z.string(),
  script: z.string(),
  line: z.number().nullish(),
  category: z.string().nullish(),
  code: z.string().nullish(),
});

/** Parses one line, without its line end. */
export function parseScriptLine(line: string): ScriptLine {
  const [, marker = '', json = ''] = /^\uFEFF?##ingot:([a-z]+)\s*(.*)$/s.exec(line) ?? [];
  if (marker === '') return { kind: 'log', text: line };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { kind: 'invalid', marker, reason: 'is not followed by JSON' };
  }
  if (marker === 'result') return { kind: 'result', value };
  if (marker === 'progress') {
    const parsed = progressSchema.safeParse(value);
    if (parsed.success) return { kind: 'progress', progress: parsed.data };
  }
  if (marker === 'error') {
    const parsed = errorSchema.safeParse(value);
    if (parsed.success) {
      const { message, script, line: at, category, code } = parsed.data;
      return {
        kind: 'error',
        error: { message, script, line: at ?? undefined, category: category ?? undefined, code: code ?? undefined },
      };
    }
  }
  return { kind: 'invalid', marker, reason: 'has another shape than the contract says' };
}

/** Cuts a stream of text into lines. A line over `maxLength` characters is cut there; its rest is dropped. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #maxLength: number;
  #pending = '';

  constructor(onLine: (line: string) => void, maxLength = 8 * 1024 * 1024) {
    this.#onLine = onLine;
    this.#maxLength = maxLength;
  }

  push(text: string): void {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      this.#add(line);
      this.end();
    }
    this.#add(last);
  }

  /** Hands on what came after the last line end. */
  end(): void {
    const line = this.#pending.replace(/\r$/, '');
    this.#pending = '';
    if (line !== '') this.#onLine(line);
  }

  #add(text: string): void {
    if (this.#pending.length < this.#maxLength) this.#pending += text.slice(0, this.#maxLength - this.#pending.length);
  }
}
