import type { Finding, Path } from '../problem.ts';
import { SOURCE_KINDS } from '../schema/source.ts';
import { keyFindings } from './openssh.ts';
import type { Rule } from './rule.ts';

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
export const customization: Rule = ({ source, windows }, raw) => {
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
  for (const [index, nic] of (written.nics ?? []).entries()) {
    if (nic?.address?.includes(':') === true)
      findings.push({
        path: [...path, 'nics', index, 'address'],
        code: 'source.customization',
        expected: 'an IPv4 address with prefix length',
        found: nic.address,
        remedy: 'write an IPv4 address; IPv6 comes from the network',
      });
    if (nic?.gateways === undefined || raw([...path, 'nics', index, 'address']) !== undefined) continue;
    findings.push({
      path: [...path, 'nics', index, 'gateways'],
      atKey: true,
      code: 'source.customization',
      expected: 'an address beside gateways',
      found: 'none',
      remedy: 'add address, or leave the gateways to DHCP',
    });
  }
  return findings;
};
