interface Cause {
  readonly words: string;
  readonly remedy: string;
}

const FALL_BACK = 'name openssh.featuresOnDemand or openssh.archive: they need no Windows Update';

/**
 * Why a way to OpenSSH Server fails, by its code. Sources: MicrosoftDocs/windowsserverdocs#2074 (0x800f0954) and #2928
 * (0x800f0950), microsoft/Windows-Containers#285, Microsoft's list of Windows Update errors (0x8024…, 0x8007…).
 */
const CAUSES: Readonly<Record<string, Cause>> = {
  '0x800f0954': {
    words: 'WSUS stands in the way: Windows asks it for the capability, and it has none',
    remedy: `allow Windows Update for optional features (policy “Specify settings for optional component installation”), or ${FALL_BACK}`,
  },
  '0x800f0950': {
    words: 'Windows finds no source that fits this build',
    remedy: `use media with a newer update (2019: KB4471332, 2022: 20348.1131), or ${FALL_BACK}`,
  },
  '0x8024002e': {
    words: 'a policy forbids Windows Update (DisableWindowsUpdateAccess)',
    remedy: `change that policy for the build, or ${FALL_BACK}`,
  },
  '0x80072efe': {
    words: 'the connection to Windows Update was cut',
    remedy: `let the VM reach *.windowsupdate.com and *.delivery.mp.microsoft.com, or ${FALL_BACK}`,
  },
  '0x80072ee2': {
    words: 'Windows Update did not answer in time',
    remedy: `let the VM reach *.windowsupdate.com and *.delivery.mp.microsoft.com, or ${FALL_BACK}`,
  },
  '0x80072ee7': {
    words: 'the name of Windows Update could not be resolved',
    remedy: `give the build’s network a DNS server that knows the Internet, or ${FALL_BACK}`,
  },
  '0x80072f8f': {
    words: 'TLS to Windows Update failed: the clock is off, or something on the way opens TLS',
    remedy: `set the clock of the ESXi host, look for a proxy that opens TLS, or ${FALL_BACK}`,
  },
  '0x80070005': {
    words: 'access denied: it does not work in a network logon',
    remedy:
      'the bootstrap must run at the first logon of Administrator: look whether the answer file was changed, and at the console',
  },
  '0x800f081f': {
    words: 'the source does not hold the package, or not of this Windows version',
    remedy: 'take OpenSSH-Server-Package…cab from the Features on Demand of the same Windows version',
  },
  'guest.digest': {
    words: 'the archive on the answer disc is not the one that was put there',
    remedy: 'build again, so that the answer disc is made anew; look at the datastore if it happens again',
  },
  'openssh.no-disc': {
    words: 'it is not on the answer disc',
    remedy: 'build again, so that the answer disc is made anew',
  },
};

/** What to say of a code; undefined for one that is not known. */
export function opensshCause(code: string): Cause | undefined {
  return CAUSES[code.toLowerCase()];
}

/** A way that did not work, in words: which, why, and what to do about it. */
export function skippedText({ source, code, message }: { source: string; code: string; message: string }): string {
  const cause = opensshCause(code);
  return cause === undefined
    ? `${source}: ${code} ${message}`
    : `${source}: ${code}, ${cause.words}; to have it: ${cause.remedy}`;
}
