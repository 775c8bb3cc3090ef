import type { Finding } from '../problem.ts';
import { clock } from './clock.ts';
import { oneRuntime, oneSource } from './containers.ts';
import { defender } from './defender.ts';
import { domainJoin } from './domain-join.ts';
import { failureDomains } from './failure-domains.ts';
import { features } from './features.ts';
import { uniqueRules } from './firewall.ts';
import { disks, guestId, hardwareForWindows, memory, processors, secureBootNeedsEfi } from './hardware.ts';
import { literalSecrets } from './literal-secrets.ts';
import { digestOfUrl, discFiles, driverFolders, locations } from './media.ts';
import { memoryDump } from './memory-dump.ts';
import { networks } from './network.ts';
import { machineSets } from './openshift.ts';
import { authorizedKeys, keysAllowed, opensshSources } from './openssh.ts';
import { oneDatastore } from './placement.ts';
import { publishing } from './publish.ts';
import { region } from './region.ts';
import { registry } from './registry.ts';
import { replacedSettings } from './replaced-settings.ts';
import type { Part, Raw, Rule, Written } from './rule.ts';
import { customization, hostKeysOfSource, isoOrSource, oneKindOfSource } from './source.ts';
import { bastionKeys, credentials } from './ssh-login.ts';
import { acyclic, knownAfter, oneKind, uniqueStepNames, uploadTarget } from './steps.ts';
import { storagePolicy } from './storage-policy.ts';
import { topologies } from './topologies.ts';
import { unattend } from './unattend.ts';
import { port, trust } from './vcenter.ts';
import { computerName, serverCoreOnly } from './windows.ts';

const RULES: readonly Rule[] = [
  port,
  trust,
  isoOrSource,
  oneKindOfSource,
  hostKeysOfSource,
  customization,
  locations,
  digestOfUrl,
  discFiles,
  driverFolders,
  oneDatastore,
  processors,
  memory,
  disks,
  secureBootNeedsEfi,
  guestId,
  hardwareForWindows,
  serverCoreOnly,
  computerName,
  region,
  networks,
  domainJoin,
  unattend,
  replacedSettings,
  literalSecrets,
  authorizedKeys,
  opensshSources,
  keysAllowed,
  credentials,
  bastionKeys,
  oneRuntime,
  oneSource,
  uniqueRules,
  features,
  registry,
  clock,
  memoryDump,
  defender,
  uniqueStepNames,
  oneKind,
  uploadTarget,
  knownAfter,
  acyclic,
  publishing,
  failureDomains,
  topologies,
  storagePolicy,
  machineSets,
];

/** Everything the rules across fields find in the parts of a file that are right by themselves. */
export function checkRules(part: Part, raw: Raw, written: Written): Finding[] {
  return RULES.flatMap((rule) => rule(part, raw, written));
}
