import { readMoref } from '../../vcsim/soap.ts';
import { all, at, textAt, writeXml, type XmlElement } from '../../xml.ts';
import { type Call, fault, forward, type Interceptor, type ProxyContext } from '../call.ts';

/**
 * SetEntityPermissions: vcsim puts the permissions it gets in the place of all that are there; vCenter adds them, or
 * changes the one of the same user or group. It takes none for the four folders of a datacenter and for the root resource
 * pool of a cluster, which have those of their parent (vSphere API reference, SetEntityPermissions).
 */
export const setEntityPermissions: Interceptor = async (call, lab) => {
  const entity = readMoref(at(call.body, 'entity'));
  if (entity === undefined) return forward(call, lab);
  const { parent } = await lab.vcsim.properties(entity, 'parent');
  const above = readMoref(parent)?.type ?? '';
  const isRootPool = entity.type === 'ResourcePool' && above.endsWith('ComputeResource');
  if (isRootPool || (entity.type === 'Folder' && above === 'Datacenter'))
    return fault(
      'InvalidArgument',
      'A specified parameter was not correct: entity',
      '<invalidProperty>entity</invalidProperty>',
    );
  const wanted = all(call.body, 'permission');
  const kept = (await permissions(call, lab)).filter(
    (there) => !wanted.some((permission) => principalOf(permission) === principalOf(there)),
  );
  const markup = [...kept, ...wanted].map((permission) => writeXml(permission, 'permission')).join('');
  const raw = call.raw.replace(/<permission\b[\s\S]*<\/permission>/, markup);
  return forward(call, lab, raw);
};

async function permissions({ self, body }: Call, lab: ProxyContext): Promise<readonly XmlElement[]> {
  const entity = at(body, 'entity');
  const args = `${entity === undefined ? '' : writeXml(entity)}<inherited>false</inherited>`;
  return all(await lab.vcsim.call('RetrieveEntityPermissions', self, args), 'returnval');
}

function principalOf(permission: XmlElement): string {
  return `${textAt(permission, 'group')} ${textAt(permission, 'principal')?.toLowerCase()}`;
}
