import type { Image } from '../../image/index.ts';

/** A setting of Shell-Setup that the image file's own answer file settings put in the place of ingot's, if they do. */
export function sealedSetting(image: Image, pass: 'specialize' | 'oobeSystem', setting: string): string | undefined {
  const shell = member(member(image.windows.unattend.sysprep, pass), 'Microsoft-Windows-Shell-Setup');
  const value = member(shell, setting);
  return typeof value === 'string' ? value : undefined;
}

function member(value: unknown, name: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
