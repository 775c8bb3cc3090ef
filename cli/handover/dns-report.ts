import type { DnsAnswer } from '../../handover/dns.ts';
import type { DnsView } from '../../handover/dns-check.ts';
import { styleFor, wantsColor } from '../../reporters/style.ts';
import { oneLine } from '../../reporters/text.ts';
import type { Cli } from '../context.ts';

/** Each place with its answers, its verdict and what to do. What DNS and Windows say must not act on a terminal. */
export function dnsReport(
  cli: Pick<Cli, 'stdout' | 'env'>,
  views: readonly DnsView[],
  notes: readonly string[],
): string {
  const style = styleFor(wantsColor({ output: cli.stdout, env: cli.env }));
  const paint = { right: style.green, wrong: style.red, unanswered: style.yellow };
  const lines = views.flatMap((view) => {
    const { verdict } = view;
    const width = Math.max(view.api.name.length, view.apiInt.name.length);
    return [
      style.bold(placeOf(view)),
      ...[view.api, view.apiInt].map((answer) => `  ${answer.name.padEnd(width)}  ${oneLine(answerText(answer))}`),
      `  ${paint[verdict.state](verdict.state)}: ${oneLine(verdict.message)} (${verdict.code})`,
      ...(verdict.remedy === undefined ? [] : [`  what to do: ${oneLine(verdict.remedy)}`]),
      ...verdict.records.map((record) => `    ${record}`),
      '',
    ];
  });
  return `${[...lines, ...notes.map((note) => `note: ${oneLine(note)}`)].join('\n').trimEnd()}\n`;
}

function placeOf({ from, servers }: DnsView): string {
  return from === 'here' ? `From here (${servers.join(', ') || 'no DNS server'})` : "In the guest's network";
}

function answerText({ chain, addresses, trouble }: DnsAnswer): string {
  const led = chain.map((link) => `-> ${link}`);
  const end = [...addresses, ...(trouble === undefined ? [] : [trouble.text])].join(', ');
  return [...led, end].join(' ');
}
