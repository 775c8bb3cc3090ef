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
  'windows-updates',
  'docker',
  'containerd',
  'firewall',
  'cleanup',
  'master',
  'clone',
  'sysprep',
  'seal',
  'smoke-test',
  'template',
  'publish',
] as const;

export type BuiltInStep = (typeof BUILT_IN_STEPS)[number];

/** From `master` on there is no Windows left to work in: a step of the user cannot come after these. */
export const STEPS_WITHOUT_WINDOWS: readonly string[] = BUILT_IN_STEPS.slice(BUILT_IN_STEPS.indexOf('master'));
