import type { ScriptModel } from './call.ts';

export const state: ScriptModel = ({ windows, bootTime }) => ({
  bootTime: bootTime.toISOString(),
  uptimeSeconds: Math.max(0, Math.floor((Date.now() - bootTime.getTime()) / 1000)),
  computerName: windows.computerName,
  osBuild: windows.build,
  pendingReboot: windows.pendingReboot,
  imageState: windows.imageState,
});

export const restart: ScriptModel = (call) => {
  call.after(call.restart);
  return { scheduled: true, bootTime: call.bootTime.toISOString() };
};

export const vmwareTools: ScriptModel = ({ windows }) => {
  const service = windows.services.get('VMTools');
  return {
    version: windows.toolsVersion ?? '',
    status: service?.status ?? 'NotFound',
    startType: service?.startType ?? 'NotFound',
  };
};
