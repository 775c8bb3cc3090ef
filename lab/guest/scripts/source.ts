import { HOST_KEY_FILE } from '../paths.ts';
import { type ScriptModel, whole } from './call.ts';

/** What a Windows is like that no build installed. The end of OOBE is not waited for: it is there or never comes. */
export const source: ScriptModel = (call) => {
  whole(call, 'seconds');
  const { windows, bootTime } = call;
  const service = (name: string) => {
    const { status, startType } = windows.services.get(name) ?? { status: 'Missing', startType: '' };
    return { status, startType };
  };
  const over = windows.imageState === 'IMAGE_STATE_COMPLETE' ? 0 : 1;
  const key = windows.files.read(`${HOST_KEY_FILE}.pub`)?.toString('latin1') ?? '';
  return {
    bootTime: bootTime.toISOString(),
    computerName: windows.computerName,
    username: 'Administrator',
    osBuild: windows.build,
    edition: windows.edition,
    installationType: windows.installationType,
    imageState: windows.imageState,
    systemSetupInProgress: over,
    oobeInProgress: over,
    tools: { ...service('VMTools'), version: windows.toolsVersion ?? '' },
    sshd: service('sshd'),
    hostKeys: key === '' ? [] : [key.split(/\s+/).slice(0, 2).join(' ')],
  };
};
