export { BUILT_IN_STEPS, type BuiltInStep, STEPS_WITHOUT_WINDOWS } from './built-in-steps.ts';
export type { ContainerRuntime, Image, OwnStep } from './image.ts';
export type { MediaLocation } from './schema/media.ts';
export type { AuthorizedKey } from './schema/openssh.ts';
export type { Parameter } from './schema/steps.ts';
export type { InstallationType, WindowsVersion } from './schema/windows.ts';
export { Secret, type SecretContext } from './secret.ts';
