import { isIP } from 'node:net';
import { type Finding, quote } from '../problem.ts';
import type { Rule } from './rule.ts';

/** A host name of RFC 1123, with at least one letter where it could be taken for an address. */
const HOST =
  /^(?=.{1,253}$)(?![\d.]+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$/;
const SHORTEST_POLL = 64_000;
const LONGEST_POLL = 86_400_000;

/** NTP servers by name or address; the flags behind a comma are ingot's. */
export const clock: Rule = ({ time, windows }) => {
  if (time === undefined) return [];
  const findings: Finding[] = (time.ntp ?? []).flatMap((server, index): Finding[] => {
    if (server === undefined || isIP(server) !== 0 || HOST.test(server)) return [];
    return [
      {
        path: ['time', 'ntp', index],
        code: 'time.server',
        expected: 'the name or address of an NTP server',
        found: quote(server, 60),
        remedy: server.includes(',') ? 'leave the flags out: ingot sets them' : 'correct the name',
      },
    ];
  });
  const { pollInterval } = time;
  if (pollInterval !== undefined && (pollInterval < SHORTEST_POLL || pollInterval > LONGEST_POLL)) {
    findings.push({
      path: ['time', 'pollInterval'],
      code: 'time.poll-interval',
      expected: 'an interval from 64s to 1d',
      found: `${pollInterval / 1000} s`,
      remedy: 'correct it, or leave it to Windows',
    });
  }
  if (windows?.sysprep?.domainJoin?.domain !== undefined || windows?.sysprep?.domainJoin?.accountData !== undefined) {
    findings.push({
      path: ['time', 'ntp'],
      atKey: true,
      code: 'time.domain',
      expected: 'no servers of their own for members of a domain, which ask its controllers',
      found: 'clones that join a domain',
      remedy: 'leave time out, unless the domain has no clock of its own',
      severity: 'warning',
    });
  }
  return findings;
};
