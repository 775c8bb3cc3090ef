import { JOIN_WAYS } from '../domain-join.ts';
import { alternatives, type Finding } from '../problem.ts';
import type { Rule } from './rule.ts';

const path = ['windows', 'sysprep', 'domainJoin'];
const code = 'windows.domain-join';

/** Exactly one way to join, with the fields that belong to it and no others. */
export const domainJoin: Rule = ({ windows }, raw) => {
  const join = windows?.sysprep?.domainJoin;
  if (join === undefined) return [];
  const has = (key: string) => raw([...path, key]) !== undefined;
  const [way, second] = JOIN_WAYS.filter(has);
  if (way === undefined || second !== undefined) {
    const expected = `exactly one of ${alternatives(JOIN_WAYS)}`;
    const found = way === undefined ? 'none' : `${way} and ${second}`;
    const remedy = way === undefined ? 'say how the clone joins' : 'remove all but one';
    const at = second === undefined ? { path } : { path: [...path, second], atKey: true };
    return [{ ...at, code, expected, found, remedy }];
  }
  if (way === 'accountData' || way === 'workgroup') {
    return ['domain', 'organizationalUnit'].filter(has).map((key): Finding => {
      const expected = `no ${key} beside ${way}`;
      return { path: [...path, key], atKey: true, code, expected, found: 'one', remedy: 'remove it' };
    });
  }
  const missing: Finding[] = has('domain')
    ? []
    : [{ path: [...path, 'domain'], code, expected: `domain beside ${way}`, found: 'none', remedy: 'add domain' }];
  const { username = '', domain } = join.credentials ?? {};
  if (domain === undefined || !/[\\@]/.test(username)) return missing;
  const twice: Finding = {
    path: [...path, 'credentials', 'domain'],
    code,
    expected: 'no domain beside a user name that says it',
    found: 'both',
    remedy: 'remove one of the two',
  };
  return [...missing, twice];
};
