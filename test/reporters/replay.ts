// Plays the recorded scenario through a reporter, to look at: node test/reporters/replay.ts terminal failed [speed]
import { chooseReporter, createReporter, reporterNames } from '../../reporters/choose.ts';
import { endings, scenario } from './scenario.ts';

const [name, ending, speed = '20'] = process.argv.slice(2);
const reporter = await createReporter(
  chooseReporter(
    reporterNames.find((known) => known === name),
    { output: process.stdout, env: process.env },
  ),
  {
    output: process.stdout,
    env: process.env,
    resume: 'ingot build images/windows-server-20h2.yaml',
    journal: '.ingot/windows-server-20h2/20261121T051200Z-3f9a.jsonl',
  },
);
let last: number | undefined;
for (const event of scenario(endings.find((known) => known === ending) ?? 'done')) {
  const at = Date.parse(event.at);
  const wait = Math.min(20_000, at - (last ?? at)) / Number(speed);
  last = at;
  await new Promise((resolve) => setTimeout(resolve, wait));
  if (event.type === 'step-cancelled') reporter.stopping();
  reporter.listener({ ...event, at: new Date().toISOString() });
}
await reporter.close();
