import type { Json } from '../../common/json.ts';
import type { PublishContext } from './target.ts';

/**
 * What is said of a template in `latest.json` and to the webhook (docs/publish.md): the same for the same template and
 * places, whichever build looks.
 */
export function publishedDocument(context: PublishContext): { readonly [key: string]: Json } {
  const { image, center, template, mark, provenance, published, failed } = context;
  const { facts } = template;
  const { instanceUuid } = center.vc.content.about;
  return {
    version: 1,
    image: image.name,
    name: template.name,
    inventoryPath: template.inventoryPath,
    moRef: `VirtualMachine:${template.vm.value}`,
    instanceUuid: template.instanceUuid,
    vcenter: { server: image.vcenter.server, instanceUuid: instanceUuid ?? null },
    build: mark.build,
    fingerprint: mark.fingerprint,
    createdAt: timeOf(mark.build),
    windows: facts === undefined ? null : { ...facts.windows, description: template.windows },
    provenance: {
      ingot: provenance.ingot,
      imageFile: { sha256: provenance.imageFile },
      iso: provenance.iso === null ? null : { sha256: provenance.iso },
      steps: provenance.steps,
    },
    facts:
      facts === undefined
        ? null
        : { authorizedKeys: facts.authorizedKeys, runtime: facts.runtime ?? null, ports: facts.ports },
    publishedTo: published.map((one) => one.facts),
    complete: failed.length === 0,
  };
}

/** When the build began that made it, ISO 8601: its id says so. */
function timeOf(build: string): string | null {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(build) ?? [];
  return year === undefined ? null : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}
