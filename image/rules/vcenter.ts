import type { Finding } from '../problem.ts';
import type { Rule } from './rule.ts';

export const trust: Rule = ({ vcenter }) => {
  if (vcenter?.insecure !== true) return [];
  const proofs = (['caFile', 'thumbprint'] as const).filter((key) => vcenter[key] !== undefined);
  const path = ['vcenter', 'insecure'];
  const contradictions = proofs.map(
    (key): Finding => ({
      path,
      code: 'vcenter.insecure',
      expected: `insecure: false beside ${key}`,
      found: 'true, which accepts any certificate',
      remedy: `remove insecure or ${key}`,
    }),
  );
  if (contradictions.length > 0) return contradictions;
  return [
    {
      path,
      code: 'vcenter.insecure',
      expected: "vCenter's identity to be proven",
      found: 'insecure: true, which gives the password to anyone in between',
      remedy: 'set thumbprint or caFile instead',
      severity: 'warning',
    },
  ];
};

export const port: Rule = ({ vcenter }) => {
  const digits = /:(\d+)$/.exec(vcenter?.server ?? '')?.[1];
  if (digits === undefined || (Number(digits) >= 1 && Number(digits) <= 65535)) return [];
  return [
    {
      path: ['vcenter', 'server'],
      code: 'vcenter.port',
      expected: 'a port from 1 to 65535',
      found: digits,
      remedy: 'correct the port or leave it out',
    },
  ];
};
