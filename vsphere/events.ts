import type { Ref } from './values.ts';
import type { VirtualMachineQuestionInfo } from './vim25.gen.ts';

/** What happens on a connection beside the answers. */
export type VsphereEvent =
  /** Something a person should know: `vsphere.insecure`, `vsphere.old`. */
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  /** The session had expired and was renewed. */
  | { readonly type: 'relogin'; readonly message: string }
  /** A call that changes nothing is sent again. */
  | { readonly type: 'retry'; readonly message: string }
  /** A VM asks something, which holds its task up. */
  | {
      readonly type: 'question';
      readonly message: string;
      readonly vm: Ref<'VirtualMachine'>;
      readonly question: VirtualMachineQuestionInfo;
    }
  /** The answer to the start of a task was lost; what was found instead. */
  | { readonly type: 'lost-task'; readonly message: string };
