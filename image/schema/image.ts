import { z } from 'zod';
import { certificatesSchema } from './certificates.ts';
import { cleanupSchema } from './cleanup.ts';
import { communicatorSchema } from './communicator.ts';
import { containerdSchema, dockerSchema } from './containers.ts';
import { defenderSchema } from './defender.ts';
import { capabilitiesSchema, featuresSchema } from './features.ts';
import { hints, label } from './fields.ts';
import { firewallSchema } from './firewall.ts';
import { handoverSchema } from './handover.ts';
import { hardwareSchema } from './hardware.ts';
import { mediaSchema } from './media.ts';
import { memoryDumpSchema, pageFileSchema } from './memory-dump.ts';
import { opensshSchema } from './openssh.ts';
import { placementSchema } from './placement.ts';
import { prepareSchema } from './prepare.ts';
import { publishSchema } from './publish.ts';
import { registrySchema } from './registry.ts';
import { smokeTestSchema } from './smoke-test.ts';
import { sourceSchema } from './source.ts';
import { stepsSchema } from './steps.ts';
import { templateSchema } from './template.ts';
import { timeSchema } from './time.ts';
import { timeoutsSchema } from './timeouts.ts';
import { toolsSchema } from './tools.ts';
import { updatesSchema } from './updates.ts';
import { variablesSchema } from './variables.ts';
import { vcenterSchema } from './vcenter.ts';
import { windowsSchema } from './windows.ts';

/** The image file. Rules across fields are in ../rules/. */
export const imageSchema = z
  .strictObject({
    apiVersion: z.literal('ingot/v1').describe('Version of this format.'),
    name: label(50).describe('Name of the image: lower case letters, digits and hyphens (RFC 1123).'),
    description: z
      .string()
      .max(4096)
      .register(hints, { expected: 'text of at most 4096 characters' })
      .optional()
      .describe('What the image is for.'),
    variables: variablesSchema,
    vcenter: vcenterSchema,
    placement: placementSchema,
    media: mediaSchema,
    source: sourceSchema.optional(),
    hardware: hardwareSchema,
    windows: windowsSchema,
    tools: toolsSchema,
    communicator: communicatorSchema,
    openssh: opensshSchema,
    docker: dockerSchema.optional(),
    containerd: containerdSchema.optional(),
    firewall: firewallSchema,
    updates: updatesSchema,
    features: featuresSchema,
    capabilities: capabilitiesSchema,
    time: timeSchema.optional(),
    certificates: certificatesSchema,
    registry: registrySchema,
    defender: defenderSchema,
    memoryDump: memoryDumpSchema,
    pageFile: pageFileSchema,
    cleanup: cleanupSchema,
    steps: stepsSchema,
    smokeTest: smokeTestSchema,
    template: templateSchema,
    publish: publishSchema,
    handover: handoverSchema,
    prepare: prepareSchema,
    timeouts: timeoutsSchema,
  })
  .describe('An ingot image file: from a Windows Server ISO to a vCenter template.');

/** What the schema alone makes of a file: before variables of other fields and the Windows version fill in the rest. */
export type ParsedImage = z.output<typeof imageSchema>;
