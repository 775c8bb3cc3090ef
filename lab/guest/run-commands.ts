import { textAt } from '../xml.ts';
import type { AnswerFile } from './answer-file.ts';
import { invalidFor } from './setup-stop.ts';

/** Longest command line of RunSynchronous and RunAsynchronous, in characters. */
const LONGEST_PATH = 259;

/** The commands of a pass have a path and an order, and are not longer than Setup takes them. Throws SetupStop. */
export function checkCommands(answer: AnswerFile, pass: string, component: string): void {
  for (const list of ['RunSynchronous', 'RunAsynchronous']) {
    for (const command of answer.setting(pass, component, list)?.children ?? []) {
      const path = textAt(command, 'Path') ?? '';
      if (path === '' || path.length > LONGEST_PATH || !/^\d+$/.test(textAt(command, 'Order') ?? '')) {
        throw invalidFor(pass);
      }
    }
  }
}
