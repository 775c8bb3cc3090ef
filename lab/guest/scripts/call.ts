import type { Json } from '../../../common/json.ts';
import type { ScenarioState } from '../../scenario.ts';
import type { SysprepParameters } from '../sysprep-task.ts';
import type { Tasks } from '../tasks.ts';
import type { Windows } from '../windows.ts';

/** One run of a script inside the guest. */
export interface ScriptCall {
  readonly name: string;
  /** The script's own text, as it was uploaded. */
  readonly text: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Run with the switch `-Test`: it must change nothing. */
  readonly test: boolean;
  readonly windows: Windows;
  readonly scenario: ScenarioState;
  /** When this Windows booted. */
  readonly bootTime: Date;
  readonly progress: (message: string, done?: number, total?: number) => void;
  /** Plain output. */
  readonly write: (line: string) => void;
  /** Does something once the script has ended: restart, start the Sysprep task. */
  readonly after: (what: () => void) => void;
  readonly startSysprep: (parameters: SysprepParameters) => void;
  readonly restart: () => void;
  /** Who runs it: Windows refuses some things to what comes over the network. */
  readonly context: 'network' | 'system';
  readonly tasks: Tasks;
  /** Runs another script as SYSTEM; `input` is what it reads. Resolves with its exit code. */
  readonly spawn: (
    script: string,
    options: { readonly test: boolean; readonly input: string; readonly out: (text: string) => void },
  ) => Promise<number>;
  /** Sets guestinfo values. */
  readonly publish: (values: Readonly<Record<string, string>>) => Promise<void>;
  /** The connection drops now; with `reboot` the whole guest restarts. */
  readonly breakOff: (reboot: boolean) => void;
  /** The connected network cards, with the address that DHCP gave each. */
  readonly network: () => readonly { readonly mac: string; readonly address: string }[];
  /** The service VMTools is stopped, from outside the script. */
  readonly stopTools: () => void;
}

/** What a script of the contract does to the modelled Windows; returns the contract's result. */
export type ScriptModel = (call: ScriptCall) => Json | Promise<Json>;

/** A terminating error of a script, as its `##ingot:error` line tells it. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  readonly category: string;
  readonly code: string | undefined;

  constructor(message: string, options: { category?: string; code?: string } = {}) {
    super(message);
    this.category = options.category ?? 'OperationStopped';
    this.code = options.code;
  }
}

/** A mandatory string parameter. */
export function text(call: ScriptCall, name: string): string {
  const value = call.parameters[name];
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(name, 'a string');
}

/** A mandatory list of strings. */
export function texts(call: ScriptCall, name: string): string[] {
  const value = call.parameters[name];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalid(name, 'a list of strings');
}

/** A mandatory whole number. */
export function whole(call: ScriptCall, name: string): number {
  const value = call.parameters[name];
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw invalid(name, 'a whole number');
}

export function invalid(name: string, expected: string): ScriptError {
  return new ScriptError(`Cannot validate argument on parameter '${name}': expected ${expected}.`, {
    category: 'InvalidData',
  });
}
