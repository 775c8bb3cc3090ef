import type { Windows } from './windows.ts';

/** What servicing finishes at a restart (`restarts` 1), or at once where a feature waits for none (0). */
export function settleFeatures(windows: Windows, restarts: number): void {
  for (const [name, state] of windows.features) {
    if (state !== 'InstallPending') continue;
    const left = (windows.settings.restartsLeft.get(name) ?? restarts) - restarts;
    windows.settings.restartsLeft.set(name, left);
    if (left > 0) continue;
    windows.settings.restartsLeft.delete(name);
    windows.features.set(name, 'Installed');
  }
}

/** What a start of Windows settles: a new name, servicing that waited for it, and the services that start by themselves. */
export function startUp(windows: Windows): void {
  windows.computerName = windows.newComputerName ?? windows.computerName;
  windows.newComputerName = undefined;
  windows.pendingReboot = [];
  settleFeatures(windows, 1);
  for (const service of windows.services.values()) {
    service.status = service.startType === 'Automatic' ? 'Running' : 'Stopped';
  }
}
