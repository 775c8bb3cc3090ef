import { DefaultRenderer, Listr, ListrLogger, type ListrTask, type ListrTaskWrapper, ProcessOutput } from 'listr2';
import type { BuildEvent, PlannedStep } from '../pipeline/events.ts';
import { Row } from './row.ts';
import type { Style } from './style.ts';

/** The caller has already made sure of a terminal; listr2 would look at process.stdout, whatever it writes to. */
class TreeRenderer extends DefaultRenderer {
  static override nonTTY = true;
}
type Wrapper = ListrTaskWrapper<unknown, typeof TreeRenderer, typeof TreeRenderer>;

/** Lines around the tree that must fit on the screen beside it before steps that wait are shown, too. */
const margin = 8;

/** The steps of a build as a listr2 tree. Its tasks do nothing: each waits until the events say that its step is over. */
export class Tree {
  readonly #output: NodeJS.WriteStream;
  readonly #style: Style;
  readonly #rows = new Map<string, Row>();
  readonly #closing = Promise.withResolvers<void>();
  #footer: Wrapper | undefined;
  #run: Promise<unknown> = Promise.resolve();

  constructor(output: NodeJS.WriteStream, style: Style) {
    this.#output = output;
    this.#style = style;
  }

  start(steps: readonly PlannedStep[]): void {
    const width = this.#output.columns || 80;
    const column = Math.min(Math.floor(width * 0.4), Math.max(...steps.map(({ title }) => title.length)));
    const roomy = (this.#output.rows ?? 24) >= steps.length + margin;
    for (const { id, title } of steps) this.#rows.set(id, new Row(title, column, width, this.#style));
    const tasks: ListrTask<unknown, typeof TreeRenderer, typeof TreeRenderer>[] = [...this.#rows.values()].map(
      (row) => {
        let asked = false;
        return {
          title: row.title(),
          // Asked twice: at the start, whether to show a step that waits; then when to start, and whether at all.
          enabled: () => {
            if (asked) return row.begun;
            asked = true;
            return roomy;
          },
          task: async (_context, wrapper) => row.attach(wrapper),
        };
      },
    );
    tasks.push({
      task: (_context, wrapper) => {
        this.#footer = wrapper;
        return this.#closing.promise;
      },
    });
    this.#run = this.#listr(tasks).run();
  }

  see(event: BuildEvent): void {
    if (event.type === 'build-finished') for (const row of this.#rows.values()) row.giveUp();
    else if ('step' in event && event.step !== undefined) this.#rows.get(event.step)?.see(event);
  }

  /** Brings times and progress of the running steps up to date. */
  draw(): void {
    for (const row of this.#rows.values()) row.draw();
  }

  /** A line below the tree, without styles. */
  footer(text: string): void {
    if (this.#footer !== undefined) this.#footer.output = text;
  }

  /** Ends the drawing; the tree stays on the screen as it is. */
  async close(): Promise<void> {
    for (const row of this.#rows.values()) row.giveUp();
    this.#closing.resolve();
    await this.#run;
  }

  #listr(tasks: ListrTask<unknown, typeof TreeRenderer, typeof TreeRenderer>[]) {
    const { green, red, yellow, dim, cyan } = this.#style;
    const processOutput = new ProcessOutput(this.#output, process.stderr, { leaveEmptyLine: false });
    const plain = (text?: string) => text ?? '';
    return new Listr<unknown, typeof TreeRenderer, typeof TreeRenderer>(tasks, {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: TreeRenderer,
      rendererOptions: {
        formatOutput: 'truncate',
        collapseErrors: false,
        showErrorMessage: false,
        logger: new ListrLogger({ useIcons: true, processOutput }),
        icon: {
          COMPLETED: green('✔'),
          FAILED: red('✖'),
          SKIPPED_WITH_COLLAPSE: dim('-'),
          WAITING: dim('○'),
          OUTPUT: dim('›'),
          OUTPUT_WITH_BOTTOMBAR: '',
        },
        // The icons above carry their own colours; the spinner gets its one here.
        color: {
          COMPLETED: plain,
          FAILED: plain,
          SKIPPED_WITH_COLLAPSE: plain,
          WAITING: plain,
          PENDING: (t) => cyan(plain(t)),
          RETRY: (t) => yellow(plain(t)),
        },
      },
    });
  }
}
