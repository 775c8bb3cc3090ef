import { type Rows, soon } from './scenario-row.ts';

const updates = { updates: {} };
const snmp = { features: { install: ['SNMP'] } };
const ntp = { time: { ntp: ['ntp.example.com'] } };
const rootCertificate = { certificates: [{ file: './root.pem' }] };
const registry = { registry: [{ path: 'HKLM\\SOFTWARE\\Example', name: 'Server', type: 'String', value: 'x' }] };
const exclusion = { defender: { exclusions: { paths: ['C:\\app'] } } };

const inside: Rows = {
  'script-fails': { fails: ['tools-conf', 'guest.script'], remedy: /build again/, evidence: /^tools-conf\.ps1:1 / },
  'script-fails-once': { fails: ['cleanup', 'guest.script'], remedy: /build again/, evidence: /^cleanup\.ps1:1 / },
  'script-hangs': {
    changes: soon('script', '4s'),
    fails: ['firewall', 'step.timeout'],
    remedy: /raise the step’s deadline/,
  },
  'reboot-in-firewall': { retried: 'firewall: guest.restarted' },
  'drop-in-docker': { retried: 'docker: guest.connection-lost' },
  'tools-conf-read-only': { proof: ['tools-conf', /exclude-nics=/] },
  'tools-conf-acl-wide': {
    fails: ['tools-conf', 'tools-conf.acl'],
    remedy: /changes the access list/,
    evidence: /^may write: S-1-5-32-545$/m,
  },
  'update-fails': {
    changes: updates,
    fails: ['windows-updates', 'updates.failed'],
    remedy: /updates\.exclude/,
    evidence: /^KB5034439/m,
  },
  'updates-two-rounds': { changes: updates, proof: ['windows-updates', /2 updates/] },
  'daemon-json-of-the-image': { proof: ['docker', /docker 20\.10\.9: service Running/] },
  'docker-digest-wrong': {
    fails: ['docker', 'docker.digest'],
    remedy: /compare the file with its publisher/,
    evidence: /^Expected the SHA-256 0{64} for .*, found [0-9a-f]{64}\.$/m,
  },
  'daemon-json-broken': {
    changes: { docker: { daemon: { debug: false } } },
    fails: ['docker', 'docker.daemon-json'],
    remedy: /mend or remove the file/,
    evidence: /"debug": true,/,
  },
  'firewall-rule-twice': { proof: ['firewall', /ContainerLogsPort: TCP 10250/] },
  'firewall-policy-ignores-rules': {
    fails: ['firewall', 'firewall.group-policy'],
    remedy: /allow local rules to be merged/,
    evidence: /AllowLocalFirewallRules/,
  },
  'firewall-policy-disables-rules': {
    fails: ['firewall', 'firewall.rule'],
    remedy: /rewrites the rule/,
    evidence: /"enabled":false/,
  },
};

const settings: Rows = {
  'feature-payload-removed': {
    changes: snmp,
    fails: ['features', 'features.payload-removed'],
    remedy: /features\.source/,
    evidence: /Installing SNMP/,
  },
  'feature-rolled-back': { changes: snmp, fails: ['features', 'features.rolled-back'], remedy: /CBS\.log/ },
  'feature-two-restarts': {
    changes: { features: { install: ['Hyper-V'] } },
    proof: ['features', /Hyper-V: Installed/],
  },
  'capability-access-denied': {
    changes: { capabilities: ['OpenSSH.Client~~~~0.0.1.0'] },
    fails: ['features', 'features.access-denied'],
    remedy: /ran as SYSTEM/,
  },
  'certificate-refused': {
    changes: rootCertificate,
    fails: ['certificates', 'certificates.store-refused'],
    remedy: /policy that protects the store/,
    evidence: /^Access is denied\.$/m,
  },
  'certificate-vanishes': {
    changes: rootCertificate,
    fails: ['certificates', 'certificates.missing'],
    remedy: /takes certificates back/,
  },
  'time-service-disabled': {
    changes: ntp,
    fails: ['time', 'time.service-disabled'],
    remedy: /policy of system services/,
  },
  'time-policy': { changes: ntp, fails: ['time', 'time.policy'], remedy: /leave `time` out/ },
  'registry-denied': {
    changes: registry,
    fails: ['registry', 'registry.access-denied'],
    remedy: /TrustedInstaller/,
    evidence: /HKEY_LOCAL_MACHINE/,
  },
  'registry-reset': {
    changes: registry,
    fails: ['registry', 'registry.value'],
    remedy: /policy/,
    evidence: /value Server: not there/,
  },
  'defender-tamper-protected': {
    changes: exclusion,
    fails: ['defender', 'defender.exclusions'],
    remedy: /tamper protection/,
  },
  'defender-absent': { changes: exclusion, warning: /Defender is not in this/ },
  'cleanup-disk-full': { fails: ['cleanup', 'cleanup.disk-full'], remedy: /hardware\.disk/ },
  'cleanup-pending-restart': { proof: ['cleanup', /component store/] },
  'inventory-unread': { warning: /drivers/, proof: ['inventory', /^not read: drivers$/] },
};

const windowsUpdates: Rows = {
  'updates-busy': { changes: updates, fails: ['windows-updates', 'updates.busy'], remedy: /build again/ },
  'updates-connection-cut': { changes: updates, proof: ['windows-updates', /^1 updates/] },
  'updates-job-killed': { changes: updates, retried: 'windows-updates: guest.job-lost' },
  'updates-job-waits': {
    changes: { ...updates, timeouts: { updates: '4s' } },
    fails: ['windows-updates', 'step.timeout'],
    remedy: /raise the step’s deadline/,
  },
  'updates-metadata-broken': {
    changes: updates,
    fails: ['windows-updates', 'updates.metadata'],
    remedy: /SoftwareDistribution/,
    evidence: /0x8002802B/,
  },
  'updates-metadata-once': { changes: updates, proof: ['windows-updates', /^1 updates/] },
  'updates-reboot-in-middle': { changes: updates, retried: 'windows-updates: guest.restarted' },
  'updates-rollback': {
    changes: updates,
    fails: ['windows-updates', 'updates.rollback'],
    remedy: /updates\.exclude/,
    evidence: /^KB5016616/m,
  },
  'wsus-unreachable': {
    changes: { updates: { source: { wsus: 'http://wsus.example.com:8530' } } },
    fails: ['windows-updates', 'updates.search'],
    remedy: /DNS/,
  },
};

const restarts: Rows = {
  'reboot-loop': {
    fails: ['firewall', 'guest.reboot-loop'],
    remedy: /User32 1074/,
    evidence: /^Expected Windows to stay up/m,
  },
  'reboot-pending-stays': {
    changes: updates,
    fails: ['windows-updates', 'guest.reboot-loop'],
    remedy: /CBS\.log/,
    evidence: /waits for the restart/,
  },
  'renames-pending': { proof: ['master', /shut down cleanly/] },
  'servicing-busy': {
    changes: soon('boot', '4s'),
    fails: ['docker', 'guest.servicing-busy'],
    remedy: /timeouts\.boot/,
  },
};

/** What goes wrong inside Windows, between the first login and the master. */
export const insideWindows: Rows = { ...inside, ...settings, ...windowsUpdates, ...restarts };
