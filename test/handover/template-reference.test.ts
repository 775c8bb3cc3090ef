import assert from 'node:assert/strict';
import { test } from 'node:test';
import { templateReferences } from '../../handover/template-reference.ts';

test('OpenShift gets the full path, Tanzu the short name while it is unique', () => {
  const path = '/DC/vm/images/windows';
  assert.deepEqual(templateReferences(path, [path]), { machineSet: path, vsphereTemplate: 'windows' });
  assert.deepEqual(templateReferences(path, ['/DC/vm/old/windows', path]), { machineSet: path, vsphereTemplate: path });
});
