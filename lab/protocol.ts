import type { Fault } from './proxy/faults.ts';
import type { Scenario } from './scenario.ts';

/** What a controller asks of a lab. */
export type LabRequest =
  | { readonly op: 'fault'; readonly fault: Fault }
  | { readonly op: 'clear-faults' }
  | { readonly op: 'expire-sessions' }
  | { readonly op: 'scenario'; readonly scenario: Scenario }
  | { readonly op: 'counts' }
  | { readonly op: 'reset-counts' }
  | { readonly op: 'guests' }
  | { readonly op: 'disk'; readonly vm: string }
  | { readonly op: 'stop' };

/** One guest as `guests` lists it. */
export interface GuestState {
  /** Managed object id of the VM. */
  readonly vm: string;
  readonly poweredOn: boolean;
  readonly installed: boolean;
  readonly computerName: string | undefined;
  readonly imageState: string | undefined;
  readonly toolsRunning: boolean;
  /** What stands on the console. */
  readonly screen: string;
  readonly snapshots: number;
}

/** What lies on a VM's disk. */
export interface DiskContent {
  /** Path, and base64 of the bytes. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** Passwords of Administrator that the disk has known, by what they were for. */
  readonly passwords: Readonly<Record<string, string>>;
}

/** From the controller to the lab's process. */
export interface RequestMessage {
  readonly id: number;
  readonly request: LabRequest;
}

/** From the lab's process to the controller. */
export type LabMessage =
  | { readonly type: 'ready'; readonly env: Readonly<Record<string, string>> }
  | {
      readonly type: 'failed';
      readonly failure: {
        readonly code: string;
        readonly message: string;
        readonly remedy?: string | undefined;
        readonly evidence?: readonly string[] | undefined;
      };
    }
  | { readonly type: 'log'; readonly line: string }
  /** What takes long, for a person: building vcsim. */
  | { readonly type: 'progress'; readonly message: string }
  | { readonly type: 'reply'; readonly id: number; readonly value?: unknown; readonly error?: string };
