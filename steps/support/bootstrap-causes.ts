const LOG = 'C:\\ProgramData\\ingot\\bootstrap.log in the VM';
const SSHD =
  'look at the event log OpenSSH/Operational in the VM, and at `sshd.exe -t`; an archive of another Win32-OpenSSH in openssh.archive may help';

/** What to do about a failure of the bootstrap, by the code that it gives (docs/guest-contract.md). */
const REMEDIES: Readonly<Record<string, string>> = {
  'tools.no-disc': 'name the ISO of VMware Tools in media.toolsIso: setup64.exe or setup.exe lies in its root',
  'tools.setup':
    'look at C:\\ProgramData\\ingot\\vmware-tools.log in the VM for “Return value 3”; a newer ISO in media.toolsIso may help. 1618 is another installation that did not end within 15 minutes',
  'tools.missing':
    'the setup of VMware Tools ended well and left no service: look at C:\\ProgramData\\ingot\\vmware-tools.log in the VM, and at media.toolsIso',
  'openssh.not-started': SSHD,
  'openssh.host-keys': SSHD,
  'openssh.port': `${SSHD}; openssh.port may be taken by another program`,
  'openssh.acl': 'look for software on the media that changes access lists below C:\\ProgramData\\ssh',
  'bootstrap.guestinfo': 'look at the service VMTools and at `isolation.tools.setinfo.disable` of the VM',
};

/** The remedy for a bootstrap that failed with this code. */
export function bootstrapRemedy(code: string | undefined): string {
  const known = code === undefined ? undefined : REMEDIES[code];
  return known === undefined
    ? `look at ${LOG}; mend the cause and build again`
    : `${known}; ${LOG} has the rest. Then build again`;
}
