import { z } from 'zod';
import { plainData } from './plain-data.ts';

function settings(file: string) {
  return plainData('PASS: {COMPONENT: {SETTING: VALUE}}').optional().describe(file);
}

/** Settings of users; their passes, components and shapes are checked by the rules. */
export const unattendSchema = z
  .strictObject({
    install: settings('For Windows Setup (`Autounattend.xml`).'),
    sysprep: settings('For the first start of a clone (`unattend.xml` of Sysprep).'),
  })
  .prefault({})
  .describe(
    "Your own settings of the answer files, as `PASS: {COMPONENT: {SETTING: VALUE}}`; they win over ingot's. `{secret: env:NAME}` stands for a secret.",
  );
