import type { SysprepCause } from './sysprep-causes.ts';

const support = 'MicrosoftDocs/SupportArticles-docs';

/** Known causes, special ones first. The lines are Windows' own and were read in the sources; see docs/sysprep.md. */
export const sysprepCauses: readonly SysprepCause[] = [
  {
    id: 'appx',
    line: /Package (\S+?)(?:_\S+)? was installed for a user, but not provisioned for all users/i,
    cause: 'an AppX package that a user has and that is not provisioned for all users',
    remedy:
      'add $1 to `windows.sysprep.removeAppx` in the image file: ingot then removes it right before Sysprep; or provision it for all users in a step of your own (Add-AppxProvisionedPackage)',
    source: `${support} sysprep-fails-remove-or-update-store-apps; antifob/incus-windows#28; microsoft/winget-cli#5599`,
  },
  {
    id: 'appx-unnamed',
    line: /Failed to remove apps for the current user|AppxSysprep\.dll.*(failure|dwRet)|Failure occurred.*AppxSysprep\.dll|0x80073cf2/i,
    cause: 'AppX packages of a user that cannot be taken from the image',
    remedy:
      'look for “was installed for a user” in setupact.log and add the packages it names to `windows.sysprep.removeAppx`',
    source: `${support} sysprep-fails-remove-or-update-store-apps; hashicorp/packer-plugin-azure#350`,
  },
  {
    id: 'bitlocker',
    line: /BitLocker is on for the OS volume|ValidateBitLockerState|0x80310039/i,
    cause: 'the volume of Windows is encrypted; Sysprep refuses it also while protection is only suspended',
    remedy:
      'decrypt it in a step of your own before the master is kept: manage-bde -off C:, then wait until manage-bde -status C: says 0.0 %; keep Windows from encrypting by itself with the value PreventDeviceEncryption=1 below HKLM\\SYSTEM\\CurrentControlSet\\Control\\BitLocker',
    source: 'antifob/incus-windows#30; MicrosoftDocs/azure-docs#58134; canonical/packer-maas#341',
  },
  {
    id: 'rearm',
    line: /SLReArmWindows.*(-1073425657|0xc004d307)|hr = 0xc004d307/i,
    cause: 'the activation rearms of this Windows are used up',
    remedy:
      'build from media that were never sealed so often: delete the master and build again; slmgr /dlv shows what is left',
    source: `${support} error-occurs-when-run-sysprep-generalize (KB 929828)`,
  },
  {
    id: 'licensing-busy',
    line: /SLReArmWindows.*0xc004f075|hr = 0xc004f075/i,
    cause: 'the software protection service was stopping or not started yet (SL_E_SLC_STOPPING)',
    remedy:
      'build again: the clone is made anew; if it stays, look why the service sppsvc does not run (Application event log)',
    source: 'AutomatedLab (comment to Proxmox templates); licensing codes of Windows SDK slerror.h',
  },
  {
    id: 'reserved-storage',
    line: /reserved storage is in use|Audit mode can(not|'t) be turned on|0x800F0975/i,
    cause: 'an update or servicing operation holds the reserved storage',
    remedy:
      'let updates finish before the master is kept: `updates` with enough rounds, or a restart as a step of your own behind them; then build again',
    source: `${support} windows-11-image-capture-fail (0x800F0975)`,
  },
  {
    id: 'pending-updates',
    line: /updates that require a reboot|Windows updates.*require.*(reboot|restart)/i,
    cause: 'updates or features wait for a restart',
    remedy: 'add a step of your own with `restart: true` behind what asked for it, and build again',
    source: 'CodingWonders/SysprepPreparator (its check of CBS); the words were not seen in a log',
  },
  {
    id: 'servicing',
    line: /Failed to query pending CBS operations|spopk\.dll.*0x80080005/i,
    cause: 'servicing (TrustedInstaller) was busy, or its service is disabled',
    remedy:
      'build again; if it stays, set the start type of the service TrustedInstaller back to Manual, and look into CBS.log for what keeps it busy',
    source: 'GoogleCloudPlatform/compute-image-windows#156',
  },
  {
    id: 'defender-endpoint',
    line: /senseGuid|Windows-SenseClient-Service|Windows Advanced Threat Protection/i,
    cause: 'Windows is onboarded to Defender for Endpoint, which protects its identity',
    remedy:
      'onboard the clones and not the image: take the policy or script that onboards out of what the build VM gets, and build again from a fresh master',
    source: 'actions/runner-images#9659, #10434',
  },
  {
    id: 'dsc',
    line: /DscCore\.dll,SysPrep_Cleanup/i,
    cause:
      'PowerShell Desired State Configuration could not be cleaned up; an image that DSC has configured is not supported',
    remedy:
      'apply DSC configurations in the clones, behind specialize; without one build again: the failure comes and goes on 2019',
    source: 'MicrosoftDocs/PowerShell-Docs (DSC troubleshooting); MicrosoftDocs/azure-docs#80346, #49145',
  },
  {
    id: 'answer-file',
    line: /could not parse or process (the )?unattend|unable to deserialize it|Cannot find the unattend file|Failed to (process|cache) the unattend file|answer file is invalid/i,
    cause: 'the answer file is not one that Windows takes',
    remedy:
      'look at `ingot unattend show FILE --pass sysprep` and at your own settings in `windows.unattend.sysprep`; setupact.log names the component',
    source: 'LocalUser.App#8; public logs of Windows Setup (test/lab/sysprep-answer.test.ts)',
  },
  {
    id: 'bcd',
    line: /spbcd\.dll,? ?Sysprep_Generalize_Bcd.*(returned error|dwRet)|Failure occurred.*Sysprep_Generalize_Bcd/i,
    cause: 'the boot configuration (BCD) was not found',
    remedy:
      'keep the system partition and its boot files: look for a step that removes or hides it; bcdedit /enum {bootmgr} must answer',
    source: 'Broadcom AppLogic documentation, “Sysprep”',
  },
  {
    id: 'event-log',
    line: /wevtapi\.dll.*(0x80070003|returned error|dwRet)|Failure occurred.*wevtapi\.dll/i,
    cause: 'an event log lies in a folder that is not there',
    remedy:
      'put the event logs back to %SystemRoot%\\System32\\winevt\\Logs, or make the folder that `wevtutil gl System` names',
    source: 'reports of 0x80070003 with moved event logs; not verified',
  },
  {
    id: 'msdtc',
    line: /msdtcprx\.dll|SysPrepDtc(Generalize|Cleanup)|SysPrepDtc/i,
    cause: 'the Distributed Transaction Coordinator could not be generalized',
    remedy: 'install it anew in a step of your own: msdtc -uninstall, restart, msdtc -install; then build again',
    source: 'public image scripts that do so before Sysprep (Morpheus templates); not verified',
  },
  {
    id: 'driver',
    line: /sppnp\.dll,? ?Sysprep_Generalize_Pnp.*(returned error|dwRet)|Failure occurred.*Sysprep_Generalize_Pnp/i,
    cause: 'a device or its driver could not be generalized',
    remedy: 'look at C:\\Windows\\INF\\setupapi.dev.log for the device, and leave its driver out of the image',
    source: 'Microsoft Learn, Sysprep (Generalize): PnP provider; not verified',
  },
  {
    id: 'foreign-provider',
    line: /Could not load DLL (\S+?)[,;. ]*(\[gle|;|$|dwRet)|SysPrepExternal\\\\?Generalize.*(could not|failed)/i,
    cause: 'a program registered a Sysprep provider of its own (SysPrepExternal) whose DLL is not there',
    remedy:
      'take out the rest of the program that $1 belongs to, or its values below HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\SysPrepExternal',
    source: 'danielsollondon/azvmimagebuilder#83 (VMAgentDisabler.dll)',
  },
  {
    id: 'upgraded',
    line: /Sysprep will not run on an upgraded (OS|operating system)|custom \(clean\) install/i,
    cause: 'Windows was upgraded in place',
    remedy: 'build from media of the version that you want: Sysprep does not support upgraded installations',
    source: 'Microsoft KB 828287 (unsupported Sysprep scenarios); the words are known by hearsay',
  },
  {
    id: 'as-system',
    line: /Expected to run as Administrator, found SYSTEM/i,
    cause: 'Sysprep was started as SYSTEM, which leaves clones without Start menu and Settings',
    remedy: 'start it in no other way than ingot does: look for what changed the task ingot-sysprep',
    source: `${support} sysprep-as-system-windows-11`,
  },
  {
    id: 'killed',
    line: /setupact\.log ends without/i,
    cause: 'sysprep.exe was ended from outside, or Windows went down in its middle',
    remedy:
      'look for what restarts or cleans up Windows meanwhile (updates, agents, policies); build again, the clone is made anew',
    source: 'GoogleCloudPlatform/compute-image-windows#156, #194',
  },
  {
    id: 'interrupted',
    line: /RunExternalDlls:Not running DLLs|machine is in an invalid state|0x8007001f|dwRet = (31|0x1f)\b/i,
    cause: 'an earlier run of Sysprep broke off in this Windows; nothing rolls it back',
    remedy: 'build again: the clone is made anew from the master. If the master itself is so, delete the master',
    source: `${support} fatal-error-occurred-when-run-sysprep`,
  },
  {
    id: 'access-denied',
    line: /hr = 0x80070005|dwRet = 0x5\b/i,
    cause: 'access denied: mostly security software, or a service that protects its registry keys',
    remedy:
      'read the lines before it in setupact.log: they name the provider; take the security software out of the image and install it in the clones',
    source: 'actions/runner-images#9659; GoogleCloudPlatform/compute-image-windows#156',
  },
];
