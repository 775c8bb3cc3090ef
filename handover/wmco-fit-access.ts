import { IngotError } from '../common/failure.ts';
import { type Image, readAuthorizedKeys } from '../image/index.ts';
import { checkPublicKey } from '../image/public-key.ts';
import type { Fit } from './fit.ts';
import type { WmcoRelease } from './wmco.ts';

const CODE = 'openshift/windows-machine-config-operator, branch master:';
const CONNECTIVITY = `${CODE} pkg/windows/connectivity.go`;

const LIMITS = /^(allow|deny)(users|groups)$/i;

/** How the operator and the cluster get into Windows: SSH, its keys, the firewall. */
export async function accessFits(image: Image, release: WmcoRelease): Promise<Fit[]> {
  return [...sshFits(image), await keysFit(image), ...portFits(image, release)];
}

function sshFits({ openssh }: Image): Fit[] {
  const { port, username, sshdConfig } = openssh;
  // That keys are let in at all is a rule of the image file itself.
  const [limit] = Object.keys(sshdConfig).filter((keyword) => LIMITS.test(keyword));
  const login: Fit = {
    rule: 'ssh-login',
    state: limit === undefined ? 'right' : 'unknown',
    expected: 'that sshd lets Administrator in by key',
    found: limit === undefined ? 'nothing against it' : `${limit} ${sshdConfig[limit]}`,
    remedy: limit === undefined ? undefined : 'look whether Administrator is let in',
    path: ['openssh', 'sshdConfig', ...(limit === undefined ? [] : [limit])],
    source: CONNECTIVITY,
  };
  return [
    {
      rule: 'ssh-port',
      state: port === 22 ? 'right' : 'wrong',
      expected: 'sshd on port 22: the operator knows no other',
      found: String(port),
      remedy: port === 22 ? undefined : 'set openssh.port to 22 or leave it out',
      path: ['openssh', 'port'],
      source: CONNECTIVITY,
    },
    {
      rule: 'ssh-user',
      state: username === 'Administrator' ? 'right' : 'wrong',
      expected: 'the account Administrator: the operator logs in with that name',
      found: username,
      remedy:
        username === 'Administrator'
          ? undefined
          : 'take media in a language whose built-in administrator has that name, and leave openssh.username out',
      path: ['openssh', 'username'],
      source: `${CODE} controllers/windowsmachine_controller.go`,
    },
    login,
  ];
}

async function keysFit(image: Image): Promise<Fit> {
  const fit = {
    rule: 'ssh-keys',
    expected: 'Ed25519, ECDSA P-256 and up, or RSA of 2048 bits and more',
    path: ['openssh', 'authorizedKeys'],
    source: `${CODE} pkg/signer/signer.go`,
  };
  try {
    const keys = (await readAuthorizedKeys(image)).map(checkPublicKey);
    const found = keys.map((key) => ('type' in key ? `${key.type} (${key.bits} bits)` : key.found)).join(', ');
    return { ...fit, state: 'right', found };
  } catch (error) {
    if (!(error instanceof IngotError)) throw error;
    const told = `${error.message}; ${error.remedy ?? 'correct openssh.authorizedKeys'}`;
    // The file may lie on the machine that builds.
    if (error.code === 'openssh.key-file')
      return { ...fit, state: 'unknown', found: 'a key file that is not here', remedy: told };
    return { ...fit, state: 'wrong', found: 'a key that cannot be used', remedy: told };
  }
}

function portFits({ firewall }: Image, { ports, openshift, source }: WmcoRelease): Fit[] {
  const path = ['firewall', 'rules'];
  if (ports === undefined) {
    const expected = `what is not documented for ${openshift}`;
    const found = firewall.rules.map(({ name }) => name).join(', ') || 'no rules';
    return [{ rule: 'ports', state: 'unknown', expected, found, path, source }];
  }
  return ports.map(({ port, name }): Fit => {
    const fit = { rule: `port-${port}`, expected: `TCP ${port} let in (${name})`, source };
    const rules = firewall.rules
      .map((rule, index) => ({ ...rule, path: [...path, index] }))
      .filter((rule) => rule.protocol === 'TCP' && rule.direction === 'Inbound' && covers(rule.port, port));
    const blocks = rules.find(({ action }) => action === 'Block');
    if (blocks !== undefined) {
      const remedy = `remove the rule ${blocks.name}: what blocks wins over what allows`;
      return { ...fit, state: 'wrong', found: `that ${blocks.name} blocks it`, remedy, path: blocks.path };
    }
    const open = rules.find(({ profiles, remoteAddresses, program }) => !(profiles ?? remoteAddresses ?? program));
    if (open !== undefined) return { ...fit, state: 'right', found: open.name, path: open.path };
    const [limited] = rules;
    if (limited !== undefined) {
      const remedy = 'look whether the nodes of the cluster get through, in each network category';
      return { ...fit, state: 'unknown', found: `${limited.name}, which is limited`, remedy, path: limited.path };
    }
    const remedy = `add to firewall.rules: { name: ${name}, port: ${port} }`;
    return { ...fit, state: 'wrong', found: 'no rule', remedy, path };
  });
}

function covers(rule: number | string, port: number): boolean {
  const [from = 0, to = from] = String(rule).split('-').map(Number);
  return from <= port && port <= to;
}
