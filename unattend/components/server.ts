import type { PassTree } from '../settings.ts';

/**
 * Server Manager stays closed at logon: Microsoft-Windows-ServerManager-SvrMgrNc, which Server Core does not have.
 * Source: Unattended Windows Setup Reference, DoNotOpenServerManagerAtLogon.
 */
export function serverManagerClosed(): PassTree {
  return { specialize: { 'Microsoft-Windows-ServerManager-SvrMgrNc': { DoNotOpenServerManagerAtLogon: true } } };
}

/**
 * Internet Explorer's Enhanced Security Configuration off for everybody: Microsoft-Windows-IE-ESC, which Server Core
 * does not have. Source: the same reference, IEHardenAdmin, IEHardenUser.
 */
export function browserHardeningOff(): PassTree {
  return { specialize: { 'Microsoft-Windows-IE-ESC': { IEHardenAdmin: false, IEHardenUser: false } } };
}

/**
 * User Account Control on or off, before Windows first starts: Microsoft-Windows-LUA-Settings.
 * Source: the same reference, EnableLUA.
 */
export function userAccountControl(enabled: boolean): PassTree {
  return { offlineServicing: { 'Microsoft-Windows-LUA-Settings': { EnableLUA: enabled } } };
}

/**
 * No attempt to activate by itself: Microsoft-Windows-Security-SPP-UX.
 * Source: the same reference, SkipAutoActivation; OpenShift's sample.
 */
export function noAutoActivation(): PassTree {
  return { specialize: { 'Microsoft-Windows-Security-SPP-UX': { SkipAutoActivation: true } } };
}

/**
 * No Customer Experience Improvement Program: Microsoft-Windows-SQMApi.
 * Source: the same reference, CEIPEnabled; OpenShift's sample.
 */
export function noCustomerExperienceProgram(): PassTree {
  return { specialize: { 'Microsoft-Windows-SQMApi': { CEIPEnabled: 0 } } };
}
