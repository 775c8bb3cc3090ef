import { Socket } from 'node:net';

/** A terminal that remembers its screen: the few sequences that log-update sends, and no other. Others throw. */
export class Screen extends Socket {
  readonly isTTY: boolean = true;
  readonly columns: number;
  readonly rows: number;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;
  cursorShown = true;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  override write(chunk: Uint8Array | string): boolean {
    const text = chunk.toString();
    for (const [token] of text.matchAll(/\p{Cc}\[[?0-9;]*[A-Za-z]|[\s\S]/gu)) this.#take(token);
    return true;
  }

  /** The screen and what scrolled off it, without trailing blanks. */
  get text(): string {
    return this.#lines.map((line) => line.trimEnd()).join('\n');
  }

  #take(token: string): void {
    const sequence = /^\p{Cc}\[(\??[0-9;]*)([A-Za-z])$/u.exec(token);
    if (sequence === null) {
      this.#put(token);
      return;
    }
    const [, argument = '', command] = sequence;
    const count = Number(argument || 1);
    switch (command) {
      case 'A':
        this.#row = Math.max(0, this.#row - count);
        break;
      case 'B':
        this.#row += count;
        break;
      case 'G':
        this.#column = count - 1;
        break;
      case 'K':
        this.#erase(argument);
        break;
      case 'h':
      case 'l':
        if (argument === '?25') this.cursorShown = command === 'h';
        break;
      case 'm':
        break;
      default:
        throw new Error(`the screen does not know ${JSON.stringify(token)}`);
    }
  }

  #put(character: string): void {
    if (character === '\n') {
      this.#row++;
      this.#column = 0;
    } else if (character === '\r') {
      this.#column = 0;
    } else {
      if (this.#column >= this.columns)
        throw new Error(`a line is longer than ${this.columns}: ${this.#lines[this.#row]}`);
      const line = this.#lines[this.#row] ?? '';
      this.#lines[this.#row] =
        line.slice(0, this.#column).padEnd(this.#column) + character + line.slice(this.#column + 1);
      this.#column++;
    }
    while (this.#lines.length <= this.#row) this.#lines.push('');
  }

  #erase(argument: string): void {
    const line = this.#lines[this.#row] ?? '';
    this.#lines[this.#row] = argument === '2' ? '' : line.slice(0, this.#column);
  }

  // What a tty.WriteStream has besides; nothing here asks for it.
  clearLine = () => true;
  clearScreenDown = () => true;
  cursorTo = () => true;
  moveCursor = () => true;
  getColorDepth = () => 8;
  hasColors = () => true;
  getWindowSize = (): [number, number] => [this.columns, this.rows];
}
