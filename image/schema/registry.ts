import { z } from 'zod';
import { hints, pattern, secret, text } from './fields.ts';

/** Types of registry values, as .NET's RegistryValueKind names them. */
export const REGISTRY_TYPES = ['String', 'ExpandString', 'MultiString', 'DWord', 'QWord', 'Binary'] as const;
export type RegistryType = (typeof REGISTRY_TYPES)[number];

const registryValue = z
  .union([
    z.string(),
    z.number(),
    z
      .strictObject({ secret: secret().describe('Where the secret is found.') })
      .transform(({ secret: reference }) => reference),
    z.array(z.string()),
  ])
  .register(hints, {
    expected: 'text, a number, a list of texts or {secret: REFERENCE}',
    remedy: 'write numbers from 2^53 on as text, such as "0xffffffffffffffff"',
    hidden: true,
  });

const registrySettingSchema = z.strictObject({
  path: pattern(/^[^\r\n\0/]+\\[^\r\n\0]+$/, {
    expected: 'a key such as HKLM\\SOFTWARE\\Example',
    remedy: 'write the hive (HKLM, HKU\\.DEFAULT or HKU\\Default), a backslash and the key',
  }).describe(
    'Key, below `HKLM`, `HKU\\.DEFAULT` (LocalSystem and the logon screen) or `HKU\\Default` (the profile that every new user gets).',
  ),
  name: text('the name of a value', 16383).optional().describe("Name of the value. Left out: the key's default value."),
  type: z
    .enum(REGISTRY_TYPES)
    .optional()
    .describe('Type of the value. Needed with `value`. A value of another type is replaced.'),
  value: registryValue
    .optional()
    .describe(
      'The value: text; a list of texts for MultiString; a number (or text such as `0x1f`) for DWord and QWord; bytes in hexadecimal for Binary. `{secret: env:NAME}` stands for a secret, which lies in the registry in clear.',
    ),
  absent: z.literal(true).optional().describe('The value must not be there. Instead of `type` and `value`.'),
});

export const registrySchema = z
  .array(registrySettingSchema)
  .max(500)
  .register(hints, { expected: 'a list of at most 500 registry values' })
  .default([])
  .describe('Registry values of the image.');
