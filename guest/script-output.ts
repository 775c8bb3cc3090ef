import type { Json } from '../common/json.ts';
import { Redactor } from '../common/redactor.ts';
import { decodeCliXml } from './clixml.ts';
import { GuestError, type ScriptFailure } from './errors.ts';
import { parseScriptLine, type ScriptProgress } from './markers.ts';

/** Lines of log and of standard error that a failure carries as evidence, and characters of each. */
const EVIDENCE_LINES = 30;
const EVIDENCE_WIDTH = 1000;
const SECRET_NAME = /pass(word|phrase)|secret|token|credential|private_?key/i;

export type ScriptParameters = { readonly [name: string]: Json };

export interface ScriptListener {
  readonly onProgress?: ((progress: ScriptProgress) => void) | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
}

export interface ScriptEnd {
  /** The JSON of the one result line; undefined when there was none. */
  readonly result: unknown;
  readonly hasResult: boolean;
  /** False when there was no exit code behind the result line. */
  readonly exited: boolean;
  /** For a failure that is found out later, with the secrets taken out. */
  readonly evidence: readonly string[];
  readonly redactor: Redactor;
}

/**
 * What one run of a script says, line by line as docs/guest-contract.md defines it, whichever way it comes: over a
 * channel of SSH, through VMware Tools, out of the log of a job.
 */
export class ScriptOutput {
  readonly #name: string;
  readonly #redactor: Redactor;
  readonly #listener: ScriptListener;
  /** The first result, of so many. */
  #result: unknown;
  #results = 0;
  readonly #log: string[] = [];
  #broken: string | undefined;
  #failure: ScriptFailure | undefined;

  constructor(name: string, redactor: Redactor, listener: ScriptListener) {
    this.#name = name;
    this.#redactor = redactor;
    this.#listener = listener;
  }

  /** The last lines of the log, without secrets. */
  get tail(): readonly string[] {
    return this.#log;
  }

  /** One line of standard output, without its line end. */
  line(text: string): void {
    const line = parseScriptLine(text);
    if (line.kind === 'progress') this.#listener.onProgress?.(this.#redactor.value(line.progress));
    else if (line.kind === 'result') this.#take(line.value);
    else if (line.kind === 'error') this.#failure ??= this.#redactor.value(line.error);
    else if (line.kind === 'log') this.#keep(line.text);
    else if (line.marker === 'result' || line.marker === 'error')
      this.#broken ??= `##ingot:${line.marker} ${line.reason}`;
    else this.#keep(text);
  }

  /**
   * The end of the run. Throws `guest.script` when the script failed, `guest.output` when it broke the contract, and
   * what `cut` makes when there is neither an exit code nor a result.
   */
  end(exitCode: number | undefined, stderr: string, cut: () => Error): ScriptEnd {
    const evidence = [...this.#log, ...evidenceLines(this.#redactor.text(decodeCliXml(stderr)))];
    if (this.#failure !== undefined) throw scriptFailed(this.#failure, evidence);
    if (this.#broken !== undefined) throw badOutput(this.#name, `a line that ${this.#broken}`, evidence);
    if (this.#results > 1) throw badOutput(this.#name, `${this.#results} result lines`, evidence);
    if (exitCode === undefined && this.#results === 0) throw cut();
    if (exitCode !== undefined && exitCode !== 0)
      throw new GuestError('guest.script', `Expected ${this.#name} to end with exit code 0, found ${exitCode}.`, {
        evidence,
        remedy: 'The last lines of its output say why, as far as it said anything.',
      });
    return {
      result: this.#result,
      hasResult: this.#results === 1,
      exited: exitCode !== undefined,
      evidence,
      redactor: this.#redactor,
    };
  }

  #take(result: unknown): void {
    if (this.#results === 0) this.#result = result;
    this.#results += 1;
  }

  #keep(line: string): void {
    const text = this.#redactor.text(line);
    this.#log.push(text.slice(0, EVIDENCE_WIDTH));
    if (this.#log.length > EVIDENCE_LINES) this.#log.shift();
    this.#listener.onLog?.(text);
  }
}

export function badOutput(script: string, found: string, evidence: readonly string[]): GuestError {
  return new GuestError(
    'guest.output',
    `Expected ${script} to end with one result line of the agreed shape, found ${found}.`,
    {
      evidence,
      remedy: 'This is a defect of the script, or another program wrote to its standard output.',
    },
  );
}

/** Knows the secrets among the parameters by their names, and those that are named besides. */
export function redactorFor(parameters: ScriptParameters, secrets: readonly string[] = []): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  const visit = (value: Json, secret: boolean): void => {
    if (typeof value === 'string') {
      if (secret) redactor.add(value);
    } else if (value !== null && typeof value === 'object') {
      for (const [name, item] of Object.entries(value)) visit(item, secret || SECRET_NAME.test(name));
    }
  };
  visit(parameters, false);
  return redactor;
}

function scriptFailed(failure: ScriptFailure, evidence: readonly string[]): GuestError {
  const place = failure.line === undefined ? failure.script : `${failure.script}:${failure.line}`;
  const kind = failure.category === undefined ? '' : ` (${failure.category})`;
  return new GuestError('guest.script', `${failure.script} failed: ${failure.message}`, {
    evidence: [`${place}${kind}${failure.code === undefined ? '' : ` ${failure.code}`}`, ...evidence],
    remedy: 'Mend what it says, in the image file or in the script, and build again: steps that are done are kept.',
    script: failure,
  });
}

function evidenceLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trimEnd().slice(0, EVIDENCE_WIDTH))
    .filter((line) => line !== '')
    .slice(-EVIDENCE_LINES)
    .map((line) => `stderr: ${line}`);
}
