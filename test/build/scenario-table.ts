import { type Row, type Rows, screenshot, soon } from './scenario-row.ts';
import { insideWindows } from './scenario-rows-inside.ts';

const sshdConfig = { openssh: { sshdConfig: { PasswordAuthentication: false, MaxAuthTries: 3 } } };

const vcenter: Rows = {
  'answer-lost': { warning: /^The answer to CreateVM_Task was lost/ },
  'datastore-full': { fails: ['upload-iso', 'datastore.full'], remedy: /free space/i },
  'prompt-late': { proof: ['install-windows', /./] },
  'upload-cut': { proof: ['upload-iso', /sha256/i] },
  'upload-token-expired': { proof: ['upload-iso', /sha256/i] },
  'vcenter-busy': { warning: /503/ },
  'vmware-log-locked': { proof: ['install-windows', /./] },
};

const setup: Rows = {
  'bootstrap-fails': {
    fails: ['install-windows', 'windows.bootstrap'],
    remedy: /bootstrap\.log/,
    evidence: /0x800f0954/,
  },
  'capability-refused-archive-used': {
    changes: { openssh: { archive: './openssh.zip' } },
    warning: /^OpenSSH Server came from archive, not from capability: 0x800f0954/,
  },
  'clock-a-year-behind': { warning: /365 d\S* behind and was put right/ },
  'openssh-no-source': {
    changes: { openssh: { featuresOnDemand: './fod' } },
    fails: ['install-windows', 'openssh.sources'],
    remedy: /same Windows version/,
    evidence: /^capability: 0x8024002e/m,
  },
  'setup-stuck': {
    changes: soon('install', '500ms'),
    fails: ['install-windows', 'windows.setup-stuck'],
    remedy: /Setup usually waits at a dialog/,
    evidence: screenshot,
  },
  'tools-setup-busy': {
    changes: soon('install', '700ms'),
    fails: ['install-windows', 'windows.setup-stuck'],
    remedy: /look at the screenshot/,
    evidence: screenshot,
  },
  'tools-stopped': {
    changes: soon('install', '700ms'),
    fails: ['install-windows', 'windows.setup-stuck'],
    remedy: /look at the screenshot/,
    evidence: screenshot,
  },
  'never-off': {
    changes: soon('shutdown', '500ms'),
    fails: ['install-windows', 'vsphere.deadline'],
    remedy: /raise timeouts\.shutdown/,
    evidence: /still on/,
  },
};

const access: Rows = {
  'tools-manual': { fails: ['vmware-tools', 'vmware-tools.service'], remedy: /changes the service VMTools/ },
  'tools-too-old': { fails: ['vmware-tools', 'vmware-tools.version'], remedy: /media\.toolsIso/ },
  'link-local-first': { proof: ['ip-address', /^127\./] },
  'link-local-only': {
    changes: soon('ip', '500ms'),
    fails: ['ip-address', 'vsphere.deadline'],
    remedy: /look for DHCP/,
    evidence: /^only 169\.254\./m,
  },
  'address-duplicate': {
    fails: ['openssh', 'ip-address.duplicate'],
    remedy: /second machine or lease/,
    evidence: /^Ethernet0/m,
  },
  'host-key-differs': {
    fails: ['openssh', 'guest.host-key'],
    remedy: /Check the VM's IP address for a duplicate/,
    evidence: /^expected: ssh-ed25519 SHA256:/m,
  },
  'key-refused': {
    fails: ['openssh', 'guest.auth'],
    remedy: /must belong to one of openssh\.authorizedKeys/,
    evidence: /^offered: ssh-ed25519/m,
  },
  'key-acl-wide': { fails: ['openssh', 'openssh.acl'], remedy: /icacls\.exe/, evidence: /AU\)/ },
  'key-acl-wide-at-bootstrap': {
    fails: ['openssh', 'guest.auth'],
    remedy: /icacls\.exe/,
    evidence: /^offered: ssh-ed25519/m,
  },
  'sshd-config-match-first': {
    changes: sshdConfig,
    warning: /^sshd_config: not for all logins/,
    proof: ['openssh', /PasswordAuthentication no/],
  },
  'sshd-config-match-all': {
    changes: sshdConfig,
    fails: ['openssh', 'openssh.sshd-config-match'],
    remedy: /take PasswordAuthentication out of that block/,
    evidence: /^PasswordAuthentication yes$/m,
  },
};

const sealing: Rows = {
  'sysprep-fails': {
    fails: ['sysprep', 'sysprep.failed'],
    remedy: /./,
    evidence: /not provisioned for all users/,
  },
  'sysprep-fails-silently': { fails: ['sysprep', 'sysprep.no-verdict'], remedy: /build again/ },
  'sysprep-hangs': {
    changes: soon('sysprep', '700ms'),
    fails: ['sysprep', 'vsphere.deadline'],
    remedy: /raise timeouts\.sysprep/,
    evidence: /^last: [\s\S]*^screenshot: /m,
  },
  'sysprep-appx': {
    fails: ['master', 'sysprep.appx'],
    remedy: /windows\.sysprep\.removeAppx/,
    evidence: /Example\.Notes_1\.2\.3\.0_x64/,
  },
  'sysprep-edge': { proof: ['sysprep', /RESEAL_TO_OOBE/] },
  'sysprep-pending-reboot': { warning: /^Windows wants a restart before Sysprep, and gets it: .*RebootPending/ },
  'sysprep-pending-reboot-stays': {
    fails: ['master', 'sysprep.pending-reboot'],
    remedy: /was restarted and still wants a restart/,
    evidence: /CBS\\RebootPending/,
  },
  'sysprep-bitlocker': {
    fails: ['master', 'sysprep.bitlocker'],
    remedy: /manage-bde -off C:/,
    evidence: /ConversionStatus/,
  },
  'sysprep-no-rearms': {
    fails: ['master', 'sysprep.rearm'],
    remedy: /media that were not sealed/,
    evidence: /none left/,
  },
  'sysprep-domain': { fails: ['master', 'sysprep.domain'], remedy: /domainJoin/, evidence: /example\.com/ },
  'sysprep-interrupted': {
    fails: ['master', 'sysprep.interrupted'],
    remedy: /delete the master/,
    evidence: /7, found 2 and 3/,
  },
  'sysprep-defender-endpoint': {
    fails: ['master', 'sysprep.defender-endpoint'],
    remedy: /onboard the clones/,
    evidence: /senseGuid/,
  },
  'sysprep-many-obstacles': {
    fails: ['sysprep', 'sysprep.bitlocker'],
    remedy: /manage-bde.*install them in the clones.*removeAppx/s,
    evidence: /^sysprep\.bitlocker: [\s\S]*^sysprep\.roles: [\s\S]*^sysprep\.appx: /m,
  },
  'sysprep-harmless': { proof: ['sysprep', /0 unknown errors in setuperr\.log/] },
  'sysprep-unknown-line': {
    fails: ['sysprep', 'sysprep.failed'],
    remedy: /windows\.sysprep\.ignoreErrors/,
    evidence: /ExampleAgent: could not tell its server/,
  },
  'sysprep-wrong-state': {
    fails: ['sysprep', 'sysprep.failed'],
    remedy: /only the clone is made anew/,
    evidence: /^ImageState is not IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE$/m,
  },
  'sysprep-validation': {
    fails: ['sysprep', 'sysprep.failed'],
    remedy: /let updates finish/,
    evidence: /^known cause: reserved-storage/m,
  },
  'sysprep-verdict-never-off': {
    changes: soon('sysprep', '1s'),
    fails: ['sysprep', 'vsphere.deadline'],
    remedy: /Sysprep has succeeded, but Windows did not shut down/,
    evidence: /^last: succeeded/m,
  },
  'sysprep-slow': { proof: ['sysprep', /RESEAL_TO_OOBE/] },
};

/** Of the step smoke-test. */
const smoke = (code: string, remedy: RegExp, more: Omit<Row, 'fails' | 'remedy'> = {}): Row => ({
  fails: ['smoke-test', code],
  remedy,
  ...more,
});
const shortly = (timeout: string) => ({ changes: { smokeTest: { timeout } }, evidence: screenshot });

const clones: Rows = {
  'clone-black': smoke('smoke.no-boot', /a black screen means that Sysprep/, shortly('700ms')),
  'clone-tools-stopped': smoke('smoke.no-boot', /look at the service VMTools/, shortly('700ms')),
  'clone-oobe-page': smoke('smoke.oobe', /a page that the answer file leaves open/, shortly('5s')),
  'clone-oobe-never-ends': smoke('smoke.oobe', /UnattendGC/),
  'clone-sshd-manual': smoke('smoke.sshd', /nobody could log in/, { evidence: /^also smoke\.host-keys/m }),
  'clone-host-keys-shared': smoke('smoke.host-keys', /all clones would share them/),
  'clone-name-kept': smoke('smoke.computer-name', /the specialize pass did not do its work/, {
    changes: { windows: { sysprep: { computerName: '*' } } },
  }),
  'clone-runtime-silent': smoke('smoke.runtime', /event log of the service docker/),
  'clone-hns-left': smoke('smoke.leftovers', /every clone would carry it/),
  'clone-rules-gone': smoke('smoke.firewall', /removes firewall rules/),
  'clone-many': smoke('smoke.sshd', /nobody could log in/, {
    evidence: /also smoke\.firewall: [\s\S]*also smoke\.runtime: /,
  }),
  'clone-restarts': { proof: ['smoke-test', /OOBE is over/] },
  'dns-differs-inside': {
    warning:
      /^DNS in DC0_DVPG0: expected api-int\.mycluster\.example\.com .*; add .* IN CNAME api\.mycluster\.example\.com\./,
    changes: {
      smokeTest: { network: 'DC0_DVPG0' },
      handover: { openshift: { clusterName: 'mycluster', baseDomain: 'example.com' } },
    },
  },
  'clone-password-left': { warning: /keeps a password in C:\\Windows\\Panther\\unattend\.xml/ },
};

/** By the name of the file without its ending. */
export const scenarioTable: Rows = {
  ...vcenter,
  ...setup,
  ...access,
  ...insideWindows,
  ...sealing,
  ...clones,
};
