import { type ScriptCall, ScriptError, type ScriptModel } from './call.ts';

/** The service VMTools runs and starts by itself afterwards. */
export const vmwareTools: ScriptModel = (call) => {
  const service = call.windows.services.get('VMTools');
  if (service === undefined)
    throw new ScriptError('Expected the service VMTools of VMware Tools, found none.', { code: 'tools.missing' });
  const before = stateOf(call);
  const changed = service.status !== 'Running' || service.startType !== 'Automatic';
  if (!call.test) {
    service.status = 'Running';
    service.startType = 'Automatic';
  }
  return { changed, before, after: stateOf(call), rebootRequired: false, evidence: [] };
};

function stateOf({ windows }: ScriptCall) {
  const service = windows.services.get('VMTools');
  return {
    version: windows.toolsVersion ?? '',
    status: service?.status ?? 'Missing',
    startType: service?.startType ?? '',
  };
}
