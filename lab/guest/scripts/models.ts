import type { ScriptModel } from './call.ts';
import { cleanup, containerd, docker, windowsFeature } from './features.ts';
import { fileDigest } from './file-digest.ts';
import { firewall } from './firewall.ts';
import { job } from './job.ts';
import { openssh } from './openssh.ts';
import { smoke } from './smoke.ts';
import { restart, state, vmwareTools } from './state.ts';
import { sysprep } from './sysprep.ts';
import { toolsConf } from './tools-conf.ts';
import { windowsUpdates } from './updates.ts';

/** The scripts of docs/guest-contract.md by name. Any other is the user's own. */
export const SCRIPT_MODELS: Readonly<Record<string, ScriptModel>> = {
  'state.ps1': state,
  'restart.ps1': restart,
  'job.ps1': job,
  'file-digest.ps1': fileDigest,
  'vmware-tools.ps1': vmwareTools,
  'openssh.ps1': openssh,
  'tools-conf.ps1': toolsConf,
  'windows-updates.ps1': windowsUpdates,
  'windows-feature.ps1': windowsFeature,
  'docker.ps1': docker,
  'containerd.ps1': containerd,
  'firewall.ps1': firewall,
  'cleanup.ps1': cleanup,
  'smoke.ps1': smoke,
  'sysprep.ps1': sysprep,
};
