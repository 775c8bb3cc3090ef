import { X509Certificate } from 'node:crypto';
import type { ScriptModel } from './call.ts';

/** Lists in the order in which Windows happens to have them, with a service of a logon among them. */
export const inventory: ScriptModel = ({ windows, scenario }) => {
  const { settings } = windows;
  const unreadable = scenario.scenario.inventory?.unread;
  const services = [...windows.services].map(([name, { startType }]) => ({
    name,
    startType: startType === 'Automatic' ? 'Auto' : startType,
    account: 'LocalSystem',
  }));
  const logon = Math.floor(Math.random() * 0xfffff) + 0x1000;
  const parts = {
    os: {
      build: windows.build,
      edition: windows.edition,
      installationType: windows.installationType,
      productName: 'Windows Server',
    },
    updates: windows.updates.map(({ kb }) => kb).reverse(),
    packages: windows.updates.map(({ kb }) => `Package_for_${kb}~31bf3856ad364e35~amd64~~10.0.1.0`),
    features: [...windows.features].filter(([, state]) => state === 'Installed').map(([name]) => name),
    capabilities: ['OpenSSH.Server~~~~0.0.1.0', ...settings.capabilities.keys()],
    services: [
      { name: 'cbdhsvc', startType: 'Manual', account: '' },
      { name: `cbdhsvc_${logon.toString(16)}`, startType: 'Manual', account: '' },
      ...services,
    ].sort(() => Math.random() - 0.5),
    software: [
      ...(windows.toolsVersion === undefined
        ? []
        : [{ name: 'VMware Tools', version: windows.toolsVersion, publisher: 'VMware, Inc.' }]),
    ],
    drivers: [{ name: 'vmxnet3.inf', version: '1.9.16.0', provider: 'VMware, Inc.' }],
    certificates: [...settings.certificates].map(([key, der]) => {
      const [store = '', thumbprint = ''] = key.split(' ');
      return { store, thumbprint, subject: new X509Certificate(Buffer.from(der, 'base64')).subject };
    }),
    users: [
      { name: 'Administrator', enabled: true },
      { name: 'Guest', enabled: false },
    ],
    vmwareTools: windows.toolsVersion ?? '',
    runtimes: [...windows.software]
      .filter(([name]) => /^(docker|containerd)$/.test(name))
      .map(([name, version]) => ({ name, version: `${name} version ${version}` })),
  };
  if (unreadable === undefined) return { ...parts, unread: [] };
  return { ...parts, [unreadable]: null, unread: [{ part: unreadable, message: 'Access is denied.' }] };
};
