/** Ingot's own steps, in the order of the procedure. */
export const BUILT_IN_STEPS = [
  'inspect-media',
  'preflight',
  'upload-iso',
  'answer-disc',
  'upload-media',
  'create-vm',
  'install-windows',
  'vmware-tools',
  'ip-address',
  'openssh',
  'tools-conf',
  'time',
  'certificates',
  'defender',
  'windows-updates',
  'features',
  'docker',
  'containerd',
  'firewall',
  'registry',
  'memory-dump',
  'cleanup',
  'inventory',
  'master',
  'clone',
  'sysprep',
  'seal',
  'smoke-test',
  'template',
  'publish',
] as const;

export type BuiltInStep = (typeof BUILT_IN_STEPS)[number];

/**
 * From `inventory` on, which writes down what is in it, nothing may change Windows, and from `master` on there is none to
 * work in: a step of the user cannot come after these.
 */
export const STEPS_WITHOUT_WINDOWS: readonly string[] = BUILT_IN_STEPS.slice(BUILT_IN_STEPS.indexOf('inventory'));

/** What the first of the user's steps comes after if it does not say so: Windows is set up, and not cleaned up yet. */
export const DEFAULT_AFTER: BuiltInStep = 'memory-dump';
