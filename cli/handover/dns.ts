import { isIP, isIPv6 } from 'node:net';
import { Command, InvalidArgumentError } from 'commander';
import { IngotError } from '../../common/failure.ts';
import type { DnsView } from '../../handover/dns-check.ts';
import { parseDuration } from '../../image/units.ts';
import type { Cli } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { collectVariable, type Variables } from '../variables.ts';
import { type AtVcenter, withVcenter } from '../with-vcenter.ts';
import { dnsReport } from './dns-report.ts';

interface DnsFlags {
  readonly var?: Variables;
  readonly server?: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
  readonly clusterName?: string;
  readonly baseDomain?: string;
  readonly json?: boolean;
}

/** `ingot handover dns IMAGE`: whether nodes will find the API server inside the cluster. */
export function dnsCommand(cli: Cli): Command {
  return new Command('dns')
    .summary('check that api-int of the OpenShift cluster resolves to the same as api')
    .description(
      'Asks DNS for api and api-int of the OpenShift cluster, from here, and shows what a clone of the template was told ' +
        "in the guest's network (smokeTest.network). Says which record to add. Exit code 1 if nodes would not find the " +
        'API server, or if DNS does not say.',
    )
    .argument('<file>', 'the image file')
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .option(
      '--server <address>',
      'DNS server to ask, such as 192.0.2.53 or [2001:db8::53]:5353; repeat it for more',
      server,
    )
    .option('--timeout <duration>', 'how long an answer may take', duration, 6000)
    .option('--cluster-name <name>', 'name of the cluster; left out: handover.openshift.clusterName', dnsName)
    .option('--base-domain <domain>', 'its base domain; left out: handover.openshift.baseDomain', dnsName)
    .option('--json', 'print one JSON object instead of lines')
    .action((file: string, flags: DnsFlags) => dns(cli, file, flags));
}

function server(text: string, before: readonly string[] = []): string[] {
  const [, address = '', port] = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+)(?::(\d+))?$/.exec(text) ?? [];
  const bare = isIPv6(text) ? text : address;
  if (isIP(bare) === 0 || Number(port ?? 53) < 1 || Number(port ?? 53) > 65535) {
    throw new InvalidArgumentError('Expected an IP address, with a port if it is not 53.');
  }
  return [...before, text];
}

function duration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds > 0 && milliseconds <= 3_600_000) return milliseconds;
  throw new InvalidArgumentError('Expected a duration such as 5s, of an hour at most.');
}

/** As the image file wants them. */
function dnsName(text: string): string {
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(text)) return text;
  throw new InvalidArgumentError('Expected a DNS name in lower case.');
}

async function dns(cli: Cli, file: string, flags: DnsFlags): Promise<void> {
  await withVcenter(cli, file, flags.var ?? {}, async (at) => {
    const { image, signal } = at;
    const [{ requireFacts }, { apiNames }, check] = await Promise.all([
      import('../../handover/missing-fact.ts'),
      import('../../handover/dns.ts'),
      import('../../handover/dns-check.ts'),
    ]);
    const { clusterName, baseDomain } = requireFacts(wanted(image.handover.openshift, flags));
    const names = apiNames(clusterName, baseDomain);
    const { server: servers, timeout: timeoutMs } = flags;
    const [here, recorded] = await Promise.all([
      check.viewFromHere(names, { servers, timeoutMs, signal }),
      recordedDns(at, file),
    ]);
    const guest = check.viewOfGuest(names, recorded.dns);
    const views: DnsView[] = guest === undefined ? [here] : [here, guest];
    const notes =
      guest === undefined
        ? [`not known from the guest's network: ${recorded.why}`]
        : [check.difference(here, guest)].filter((note) => note !== undefined);
    if (views.some(({ verdict }) => verdict.state !== 'right')) cli.exitCode = exitCodes.failed;
    if (flags.json === true) {
      const right = views.every(({ verdict }) => verdict.state === 'right');
      at.print(`${JSON.stringify({ names, right, views, notes }, null, 2)}\n`);
    } else at.print(dnsReport(cli, views, notes));
  });
}

function wanted(openshift: AtVcenter['image']['handover']['openshift'], flags: DnsFlags) {
  const url = `oc get -o jsonpath='{.status.apiServerURL}{"\\n"}' infrastructure cluster`;
  return {
    clusterName: {
      value: flags.clusterName ?? openshift?.clusterName,
      field: 'handover.openshift.clusterName',
      flag: '--cluster-name NAME',
      read: `${url} (it prints https://api.CLUSTER.DOMAIN:6443)`,
    },
    baseDomain: {
      value: flags.baseDomain ?? openshift?.baseDomain,
      field: 'handover.openshift.baseDomain',
      flag: '--base-domain DOMAIN',
      read: `${url} (it prints https://api.CLUSTER.DOMAIN:6443)`,
    },
  };
}

/** What the template carries; that there is none yet is no failure: DNS can be put right before the first build. */
async function recordedDns({ vc, image, signal }: AtVcenter, file: string) {
  const { findTemplate } = await import('../../handover/template.ts');
  try {
    const { dns, inventoryPath } = await findTemplate(vc, image, { signal });
    if (dns !== undefined) return { dns, why: `its build asked for other names; build again (ingot build ${file})` };
    const network = image.smokeTest.network === undefined ? ' set smokeTest.network to that of the nodes and' : '';
    return {
      dns: undefined,
      why: `no build recorded it on ${inventoryPath};${network} build again (ingot build ${file})`,
    };
  } catch (error) {
    if (!(error instanceof IngotError) || error.code !== 'handover.no-template') throw error;
    return { dns: undefined, why: `there is no template yet (${error.message})` };
  }
}
