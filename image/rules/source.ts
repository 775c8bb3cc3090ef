import { isIPv4 } from 'node:net';
import { type Finding, type Path, show } from '../problem.ts';
import { SOURCE_KINDS } from '../schema/source.ts';
import { timeZoneIndex } from '../vsphere-time-zones.ts';
import { keyFindings } from './openssh.ts';
import type { Part, Raw, Rule } from './rule.ts';

/** What a clone has from its source. Asked for otherwise it would be passed over. */
const OF_THE_SOURCE = ['disk', 'extraDisks', 'firmware', 'secureBoot', 'version', 'guestId'];

/** Windows is installed from an ISO, or it is there already. */
export const isoOrSource: Rule = (_, raw) => {
  const source = raw(['source']) !== undefined;
  if (!source) {
    if (raw(['media', 'iso']) !== undefined) return [];
    const missing = { code: 'image.required', found: 'nothing', remedy: 'add one of them' };
    const media = raw(['media']) !== undefined;
    return [{ ...missing, path: media ? ['media', 'iso'] : ['media'], expected: 'media.iso, or a source' }];
  }
  if (raw(['media']) !== undefined) {
    const both = {
      path: ['source'],
      atKey: true,
      code: 'source.media',
      expected: 'either media or source',
      found: 'both',
    };
    return [{ ...both, remedy: 'remove one: nothing is installed where Windows comes from a source' }];
  }
  return OF_THE_SOURCE.filter((key) => raw(['hardware', key]) !== undefined).map((key) => ({
    path: ['hardware', key],
    atKey: true,
    code: 'source.hardware',
    expected: `no hardware.${key} beside a source, whose hardware it has`,
    found: `hardware.${key}`,
    remedy: 'remove it; CPUs, memory and networks are set on the clone',
  }));
};

/** One source, and only what goes with it. */
export const oneKindOfSource: Rule = ({ source }, raw) => {
  if (source === undefined) return [];
  const has = (key: string) => raw(['source', key]) !== undefined;
  const [, second] = SOURCE_KINDS.filter(has);
  const findings: Finding[] = [];
  const add = (path: Path, expected: string, found: string, remedy: string) =>
    findings.push({ path, atKey: path.length > 1, code: 'source.kind', expected, found, remedy });
  const kinds = SOURCE_KINDS.join(', ');
  if (!SOURCE_KINDS.some(has)) add(['source'], `one of ${kinds}`, 'none', 'add one');
  if (second !== undefined) add(['source', second], `one of ${kinds}`, 'several', 'keep one');
  const cloned = has('template') || has('vm');
  if (has('snapshot') && !cloned)
    add(['source', 'snapshot'], 'a snapshot of a vm or template', 'none of these', 'remove it');
  if (has('sha256') && !has('ovf')) add(['source', 'sha256'], 'an ovf beside it', 'none', 'remove it');
  if (source.linked === true && !(cloned && has('snapshot')))
    add(
      ['source', 'linked'],
      'a snapshot, on whose disks a linked clone lives',
      'none',
      'name the snapshot of the vm or template, or leave linked out',
    );
  if (/^https?:/i.test(source.ovf ?? '') && !has('sha256'))
    add(['source', 'ovf'], 'sha256 beside a URL', 'none', 'add sha256: with the digest of the file');
  return findings;
};

export const hostKeysOfSource: Rule = ({ source }) =>
  (source?.hostKeys ?? []).flatMap((key, index) =>
    key?.kind === 'key' && key.key !== undefined ? keyFindings(key.key, ['source', 'hostKeys', index]) : [],
  );

/** A specification of vCenter says it all; of the fields some exclude each other. */
export const customization: Rule = ({ source, windows, hardware }, raw) => {
  const path: Path = ['source', 'customization'];
  const has = (key: string) => raw([...path, key]) !== undefined;
  const written = source?.customization;
  if (written === undefined) return [];
  const findings: Finding[] = [];
  const add = (key: string | undefined, expected: string, found: string, remedy: string) =>
    findings.push({
      path: key === undefined ? path : [...path, key],
      atKey: true,
      code: 'source.customization',
      expected,
      found,
      remedy,
    });
  const fields = ['computerName', 'organization', 'owner', 'timeZone', 'password', 'productKey', 'workgroup'];
  const more = [...fields, 'domain', 'nics', 'dnsSuffixes', 'runOnce'].find(has);
  if (has('spec') && more !== undefined)
    add(more, 'either spec or fields', 'both', 'remove spec, or write it all into the specification in vCenter');
  if (has('workgroup') && has('domain')) add('workgroup', 'either workgroup or domain', 'both', 'remove one');
  if (/^\d+$/.test(written.computerName ?? ''))
    add('computerName', 'a computer name with at least one letter', `"${written.computerName}"`, 'add a letter');
  if (
    windows !== undefined &&
    !has('password') &&
    windows.administratorPassword === undefined &&
    raw(['windows', 'administratorPassword']) === undefined
  )
    add(
      has('spec') ? 'spec' : undefined,
      'windows.administratorPassword: Sysprep takes the old password away',
      'none',
      has('spec')
        ? 'add windows.administratorPassword with the password that the specification sets'
        : 'add windows.administratorPassword, or customization.password',
    );
  const zone = written.timeZone ?? (has('timeZone') || has('spec') ? undefined : windows?.timeZone);
  if (zone !== undefined && timeZoneIndex(zone) === undefined)
    findings.push({
      path: has('timeZone') ? [...path, 'timeZone'] : path,
      atKey: !has('timeZone'),
      code: 'source.customization',
      expected: 'a time zone that has an index in the vSphere API',
      found: show(zone),
      remedy: 'name another in source.customization.timeZone: the template has that of windows.timeZone all the same',
    });
  return [...findings, ...nicFindings(written.nics ?? [], hardware?.nics?.length ?? 0, raw, [...path, 'nics'])];
};

type Customization = NonNullable<NonNullable<Part['source']>['customization']>;

/** @param more NICs of the VM behind the first, which each has */
function nicFindings(nics: NonNullable<Customization['nics']>, more: number, raw: Raw, above: Path): Finding[] {
  return nics.flatMap((nic, index): Finding[] => {
    const path = [...above, index];
    const found: Omit<Finding, 'code'>[] = [];
    if (index > more)
      found.push({
        path,
        expected: `at most ${1 + more} NICs, as the VM has`,
        found: `${nics.length}`,
        remedy: 'remove it, or add the NIC to hardware.nics',
      });
    if (nic?.address?.includes(':') === true)
      found.push({
        path: [...path, 'address'],
        expected: 'an IPv4 address with prefix length',
        found: nic.address,
        remedy: 'write an IPv4 address; IPv6 comes from the network',
      });
    for (const [at, gateway] of (nic?.gateways ?? []).entries()) {
      if (gateway === undefined || isIPv4(gateway)) continue;
      const remedy = 'write an IPv4 address; IPv6 comes from the network';
      found.push({ path: [...path, 'gateways', at], expected: 'an IPv4 address', found: gateway, remedy });
    }
    if (nic?.gateways !== undefined && raw([...path, 'address']) === undefined)
      found.push({
        path: [...path, 'gateways'],
        atKey: true,
        expected: 'an address beside gateways',
        found: 'none',
        remedy: 'add address, or leave the gateways to DHCP',
      });
    return found.map((finding) => ({ code: 'source.customization', ...finding }));
  });
}
