const MASK = '***';

/**
 * Keeps secrets out of every output. A secret is registered once, when it is resolved; from then on each event, log
 * line and error passes through `text` or `value`.
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  /** The longest first: it may hold others. */
  #sorted: readonly string[] | undefined;

  /** Registers a secret and the forms it travels in: base64 and JSON, XML and URL escapes. Shorter than 4 characters: ignored. */
  add(secret: string): void {
    for (const form of forms(secret)) if (form.length >= 4) this.#secrets.add(form);
    this.#sorted = undefined;
  }

  /** The text with every registered secret replaced by `***`. */
  text(text: string): string {
    this.#sorted ??= [...this.#secrets].sort((a, b) => b.length - a.length);
    // One by one: a pattern of them all has a limit, and a secret of 16 KB exceeds it.
    let masked = text;
    for (const secret of this.#sorted) if (masked.includes(secret)) masked = masked.replaceAll(secret, MASK);
    return masked;
  }

  /** A deep copy of plain data with every string redacted. */
  value<T>(value: T): T;
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.value(item)]));
    }
    return value;
  }
}

function forms(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const pieces =
    lines.length > 1 ? [secret, ...lines.filter((line) => line.length >= 8 && !line.startsWith('-----'))] : [secret];
  return pieces.flatMap((piece) => [
    piece,
    JSON.stringify(piece).slice(1, -1),
    encodeURIComponent(piece),
    piece.replace(/[&<>"']/g, (c) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }[c]};`),
    Buffer.from(piece, 'utf8').toString('base64'),
    Buffer.from(piece, 'utf16le').toString('base64'),
  ]);
}
