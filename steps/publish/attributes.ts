import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import { addCustomField, customFieldsOfVms, customValues, setCustomField } from '../../vsphere/custom-fields.ts';
import { missingPrivileges } from '../../vsphere/privileges.ts';
import type { BuiltTemplate, CheckContext, Mark, PublishContext, PublishTarget } from './target.ts';

/** Custom attributes on the template. */
export function attributesTarget(image: Image): PublishTarget {
  const names = Object.keys(image.publish.attributes);
  return {
    field: 'publish.attributes',
    what: `custom attributes ${names.join(', ')}`,
    timeoutMs: image.timeouts.task,
    check: (context) => checkRights(context, names),
    async publish(context) {
      const { center, template, mark, signal } = context;
      const wanted = Object.entries(image.publish.attributes).map(
        ([name, value]) => [name, filledIn(value, template, mark)] as const,
      );
      const changed = await setAll(context, wanted);
      const [fields, values] = await Promise.all([
        customFieldsOfVms(center.vc, { signal }),
        customValues(center.vc, template.vm, { signal }),
      ]);
      const wrong = wanted.filter(([name, value]) => values.get(fields.get(name)?.key ?? -1) !== value);
      if (wrong.length > 0) throw notSet(template, wrong);
      return {
        where: `custom attributes ${names.join(', ')}`,
        changed,
        proof: wanted.map(([name, value]) => `custom attribute ${name}: ${value}`),
        facts: { kind: 'attributes', attributes: Object.fromEntries(wanted) },
      };
    },
  };
}

/** Sets those that differ; true if there were any. */
async function setAll(
  { center, template, signal }: PublishContext,
  wanted: readonly (readonly [string, string])[],
): Promise<boolean> {
  const { vc } = center;
  const [fields, values] = await Promise.all([
    customFieldsOfVms(vc, { signal }),
    customValues(vc, template.vm, { signal }),
  ]);
  let changed = false;
  for (const [name, value] of wanted) {
    const key = fields.get(name)?.key ?? (await addCustomField(vc, name, { signal }));
    if (values.get(key) === value) continue;
    await setCustomField(vc, template.vm, key, value, { signal });
    changed = true;
  }
  return changed;
}

/** The value with facts of the template in their places; which there are is checked with the image file. */
function filledIn(value: string, { build, fingerprint, windows }: BuiltTemplate, { image }: Mark): string {
  const facts: Readonly<Record<string, string>> = { build, fingerprint, windows, image };
  return value.replaceAll(/\{(\w+)\}/g, (written, name: string) => facts[name] ?? written);
}

async function checkRights({ center, image, signal }: CheckContext, names: readonly string[]): Promise<void> {
  const { vc } = center;
  const [{ templateFolder }, fields] = await Promise.all([center.placement(signal), customFieldsOfVms(vc, { signal })]);
  const unknown = names.filter((name) => !fields.has(name));
  const missing = await missingPrivileges(
    vc,
    [
      { entity: templateFolder, privileges: ['Global.SetCustomField'] },
      ...(unknown.length === 0 ? [] : [{ entity: vc.content.rootFolder, privileges: ['Global.ManageCustomFields'] }]),
    ],
    { signal },
  );
  if (missing.length === 0) return;
  throw new IngotError(
    'publish.attribute-rights',
    `expected ${image.vcenter.username} to be allowed to set custom attributes, found ${missing.map(({ privilege }) => privilege).join(', ')} missing`,
    {
      evidence: unknown.map((name) => `vCenter has no custom attribute ${name} for VMs yet`),
      remedy:
        'give the account these rights, or make the attributes by hand: then only Global.SetCustomField is needed',
    },
  );
}

function notSet({ inventoryPath }: BuiltTemplate, wrong: readonly (readonly [string, string])[]): IngotError {
  return new IngotError(
    'publish.read-back',
    `expected ${inventoryPath} to have its custom attributes, found ${wrong.length} that it has not`,
    {
      evidence: wrong.map(([name, value]) => `${name}: ${value}`),
      remedy: 'somebody changed them at this moment: build again, only publishing runs',
    },
  );
}
