import type { Image } from '../image/index.ts';
import type { Path } from '../image/problem.ts';
import type { Fit } from './fit.ts';

const SOURCE = 'openshift/windows-machine-config-operator: docs/vsphere-golden-image.md, docs/unattend.xml';
const SETTINGS: Path = ['windows', 'unattend', 'sysprep'];
const SHELL = 'Microsoft-Windows-Shell-Setup';

/** What a clone is when the operator finds it: Sysprep and its answer file. The same for each release. */
export function sysprepFits(image: Image): Fit[] {
  return [nameFit(image), logonFit(image), generalizedFit(image), ...domainFits(image)];
}

/** Kubernetes' names are in lower case; the operator then gives Windows the name of its Machine, which is. */
function nameFit({ windows }: Image): Fit {
  const own = [...SETTINGS, 'specialize', SHELL, 'ComputerName'];
  const set = valueAt(windows.unattend.sysprep, own.slice(SETTINGS.length));
  const name = typeof set === 'string' ? set : windows.sysprep.computerName;
  const rule = 'computer-name';
  const expected = 'a name of at most 15 lower case letters, digits and hyphens (RFC 1123)';
  const path = typeof set === 'string' ? own : ['windows', 'sysprep', 'computerName'];
  if (name === '*') {
    const found = '*: Windows invents one in capitals, until the operator gives it the name of the Machine';
    const remedy = 'write a name in lower case if the invented one is ever seen as that of a node';
    return { rule, state: 'unknown', expected, found, remedy, path, source: SOURCE };
  }
  const right = /^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(name);
  const remedy = right ? undefined : `write ${name.toLowerCase().slice(0, 15)}`;
  return { rule, state: right ? 'right' : 'wrong', expected, found: name, remedy, path, source: SOURCE };
}

function logonFit({ windows }: Image): Fit {
  const at = ['oobeSystem', SHELL, 'AutoLogon', 'Enabled'];
  const on = String(valueAt(windows.unattend.sysprep, at) ?? false).toLowerCase() === 'true';
  return {
    rule: 'auto-logon',
    state: on ? 'wrong' : 'right',
    expected: 'that nobody is logged on by the answer file of clones',
    found: on ? 'AutoLogon' : 'no AutoLogon',
    remedy: on ? 'remove AutoLogon from windows.unattend.sysprep' : undefined,
    path: [...SETTINGS, ...at],
    source: SOURCE,
  };
}

function generalizedFit({ windows }: Image): Fit {
  const vm = windows.sysprep.mode === 'vm';
  return {
    rule: 'sysprep',
    state: vm ? 'wrong' : 'right',
    expected: 'sysprep /generalize /oobe for any hardware',
    found: vm ? '/mode:vm' : '/generalize /oobe',
    remedy: vm ? 'leave windows.sysprep.mode out' : undefined,
    path: ['windows', 'sysprep', 'mode'],
    source: SOURCE,
  };
}

function domainFits({ windows }: Image): Fit[] {
  if (windows.sysprep.domainJoin === undefined) return [];
  return [
    {
      rule: 'domain',
      state: 'unknown',
      expected: 'what is not documented',
      found: 'windows.sysprep.domainJoin',
      remedy: 'the operator renames Windows after it joined: try it, or leave domainJoin out',
      path: ['windows', 'sysprep', 'domainJoin'],
      source: SOURCE,
    },
  ];
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (at === null || typeof at !== 'object') return undefined;
    at = Object.entries(at).find(([name]) => name === String(key))?.[1];
  }
  return at;
}
