import { isTimeZone } from '../time-zones.ts';
import { ScriptError, type ScriptModel, text, texts, whole } from './call.ts';

/** A peer and its flags: w32tm takes any text, and then asks nobody. */
const PEER = /^[0-9A-Za-z.:-]+,0x[0-9a-f]+$/;

export const time: ScriptModel = (call) => {
  const { windows, scenario, test } = call;
  const { clock } = windows.settings;
  const zone = text(call, 'zone');
  const servers = texts(call, 'servers');
  const poll = whole(call, 'pollSeconds');
  if (servers.length === 0 || !servers.every((server) => PEER.test(server))) {
    throw new ScriptError('The parameter is incorrect. (0x80070057)', { category: 'InvalidArgument' });
  }
  if (scenario.scenario.time?.policy === 'servers') {
    throw new ScriptError('Values of a policy win over those of the service.', { code: 'time.policy' });
  }
  const state = () => {
    const { status, startType } = windows.services.get('W32Time') ?? { status: 'Stopped', startType: 'Manual' };
    return { zone: windows.timeZone, ...clock, status, startType };
  };
  const before = state();
  const changed =
    before.zone !== zone ||
    clock.type !== 'NTP' ||
    clock.servers !== servers.join(' ') ||
    (poll > 0 && clock.pollSeconds !== poll) ||
    before.status !== 'Running' ||
    before.startType !== 'Automatic' ||
    clock.triggers > 0 ||
    clock.vmwareTimeSync === 'enabled';
  if (changed && !test) {
    if (!isTimeZone(zone)) {
      throw new ScriptError(`The time zone ID '${zone}' was not found on the local computer.`, {
        category: 'ObjectNotFound',
      });
    }
    windows.timeZone = zone;
    if (scenario.scenario.time?.policy === 'disabled') {
      throw new ScriptError('The service W32Time is disabled again.', { code: 'time.service-disabled' });
    }
    // A trigger ends a service that starts by itself right after its start, until it is taken away.
    windows.services.set('W32Time', { status: 'Running', startType: 'Automatic' });
    Object.assign(clock, { type: 'NTP', servers: servers.join(' '), triggers: 0, vmwareTimeSync: 'disabled' });
    if (poll > 0) clock.pollSeconds = poll;
  }
  return { changed, before, after: state(), rebootRequired: false, evidence: [] };
};
