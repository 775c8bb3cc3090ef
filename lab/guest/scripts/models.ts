import type { ScriptModel } from './call.ts';
import { certificates } from './certificates.ts';
import { cleanup } from './cleanup.ts';
import { defender } from './defender.ts';
import { diagnostics } from './diagnostics.ts';
import { windowsFeature } from './features.ts';
import { fileDigest } from './file-digest.ts';
import { firewall } from './firewall.ts';
import { inventory } from './inventory.ts';
import { ipAddress } from './ip-address.ts';
import { job } from './job.ts';
import { memoryDump } from './memory-dump.ts';
import { openssh } from './openssh.ts';
import { registry } from './registry.ts';
import { containerd, docker } from './runtime.ts';
import { smoke } from './smoke.ts';
import { source } from './source.ts';
import { restart, scriptsFolder, settle, state } from './state.ts';
import { sysprep } from './sysprep.ts';
import { time } from './time.ts';
import { toolsConf } from './tools-conf.ts';
import { windowsUpdates } from './updates.ts';
import { vmwareTools } from './vmware-tools.ts';

/** The scripts of docs/guest-contract.md by name. Any other is the user's own. */
export const SCRIPT_MODELS: Readonly<Record<string, ScriptModel>> = {
  'state.ps1': state,
  'restart.ps1': restart,
  'job.ps1': job,
  'settle.ps1': settle,
  'scripts-folder.ps1': scriptsFolder,
  'file-digest.ps1': fileDigest,
  'vmware-tools.ps1': vmwareTools,
  'ip-address.ps1': ipAddress,
  'openssh.ps1': openssh,
  'tools-conf.ps1': toolsConf,
  'windows-updates.ps1': windowsUpdates,
  'windows-feature.ps1': windowsFeature,
  'docker.ps1': docker,
  'containerd.ps1': containerd,
  'firewall.ps1': firewall,
  'registry.ps1': registry,
  'certificates.ps1': certificates,
  'time.ps1': time,
  'memory-dump.ps1': memoryDump,
  'defender.ps1': defender,
  'cleanup.ps1': cleanup,
  'inventory.ps1': inventory,
  'smoke.ps1': smoke,
  'source.ps1': source,
  'sysprep.ps1': sysprep,
  'diagnostics.ps1': diagnostics,
};
