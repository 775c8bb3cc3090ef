import type { ReporterOptions } from './reporter.ts';
import { oneLine } from './text.ts';

/** How a log marks what belongs together, and what stands out, for who reads it. */
export interface Grouping {
  open(id: string, title: string, at: string): readonly string[];
  close(id: string, at: string): readonly string[];
  /** Lines that put a message on the run's front page. */
  annotate(kind: 'warning' | 'error', title: string, message: string): readonly string[];
  /** A log line made safe: none of it is taken for a command. */
  line(text: string): string;
}

/** The grouping of the CI system that says it is there; none otherwise. */
export function groupingFor(env: ReporterOptions['env']): Grouping {
  if (env.GITHUB_ACTIONS === 'true') return gitHub;
  if (env.GITLAB_CI === 'true') return gitLab();
  return none;
}

const none: Grouping = {
  open: () => [],
  close: () => [],
  annotate: () => [],
  line: (text) => text,
};

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
const gitHub: Grouping = {
  open: (_id, title) => [`::group::${gitHubData(title)}`],
  close: () => ['::endgroup::'],
  annotate: (kind, title, message) => [`::${kind} title=${gitHubProperty(title)}::${gitHubData(message)}`],
  line: (text) => text.replaceAll('##[', '# #['),
};

function gitHubData(text: string): string {
  return oneLine(text).replaceAll('%', '%25');
}

function gitHubProperty(text: string): string {
  return gitHubData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections; a name may be used once only. */
function gitLab(): Grouping {
  let opened = 0;
  const mark = (what: 'start' | 'end', id: string, at: string) =>
    `\u001B[0Ksection_${what}:${Math.floor(Date.parse(at) / 1000)}:ingot_${id.replaceAll('-', '_')}_${opened}\r\u001B[0K`;
  return {
    open: (id, title, at) => {
      opened++;
      return [`${mark('start', id, at)}${oneLine(title)}`];
    },
    close: (id, at) => [mark('end', id, at)],
    annotate: () => [],
    line: (text) => text,
  };
}
