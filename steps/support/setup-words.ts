/** Words that Windows Setup leaves on the console, and what to do about them. */
interface SetupWords {
  /** A part of what is to be read there, without what differs from one run to the next. */
  readonly shows: string;
  readonly remedy: string;
  /** Where the words, or what stands behind them, were read. */
  readonly source: string;
}

const OWN = '`windows.unattend.install`';

/**
 * What a picture of the console may show where Setup stands still. ingot cannot read the picture: whoever looks at it finds
 * its words here. Known from public reports of other people's builds; none was seen on a Windows of our own.
 */
export const setupWords: readonly SetupWords[] = [
  {
    shows: 'loading or searching for an unattend answer file',
    remedy: `the answer file cannot be read: look at \`ingot unattend show\` and at your own ${OWN}`,
    source: 'memstechtips/UnattendedWinstall#211',
  },
  {
    shows: 'could not parse or process … for pass',
    remedy: `a name, a pass or a value of ${OWN} is not one of this Windows`,
    source: 'hashicorp/packer#5418',
  },
  {
    shows: '<ProductKey>',
    remedy: 'set `windows.productKey` to a key of this edition, or to none for evaluation media',
    source: 'one-apps#225; packer-examples-for-vsphere#905',
  },
  {
    shows: 'Software License Terms, or a list of editions',
    remedy: `no image was chosen: look at \`ingot iso inspect\`, \`windows.edition\` and ImageInstall in ${OWN}`,
    source: 'Microsoft, Unattended Windows Setup Reference; the words are known by hearsay',
  },
  {
    shows: '<DiskConfiguration>, 0x80042405, or no drives',
    remedy: 'the driver of the disk was not found: name a newer `media.toolsIso`, or its folder in `media.drivers`',
    source: 'baseboxes#9; VMware gos-validation#316',
  },
  {
    shows: 'GPT, MBR or EFI',
    remedy: `disk layout and firmware differ: look at \`hardware.firmware\` and DiskConfiguration in ${OWN}`,
    source: 'Microsoft, Windows Setup: installing using the MBR or GPT partition style',
  },
  { shows: '0xE0000100', remedy: 'raise `hardware.memory`', source: 'SupportArticles-docs, setup-fail-on-vm' },
  {
    shows: 'a page that asks for language, keyboard or a key',
    remedy:
      'set `windows.uiLanguage` to a language of the media; Server 2025 shows its pages where an answer file leaves one open',
    source: 'unattend-generator#23, #170, #326 (seen on Windows 11)',
  },
  {
    shows: 'could not complete the installation (0x8007000D, 0x800708C5)',
    remedy: `the password of Administrator was not taken: set \`windows.administratorPassword\` to one with three kinds of characters, and take passwords out of ${OWN}`,
    source: 'GenerateAnswerFile#44, #48; Symantec TECH198460',
  },
  {
    shows: 'restarted unexpectedly',
    remedy: 'the VM was reset in the middle of Setup: build again',
    source: 'SupportArticles-docs; many reports',
  },
  {
    shows: 'a logon screen',
    remedy: 'set `openssh.username` to the name of the built-in administrator in the language of the media',
    source: 'Microsoft, well-known SIDs; not verified',
  },
  {
    shows: 'ingot: …',
    remedy:
      'VMware Tools could not be installed and so cannot tell: what stands behind it is the cause (1603: C:\\ProgramData\\ingot\\vmware-tools.log, “Return value 3”); look at `media.toolsIso`',
    source: 'scripts/bootstrap.ps1',
  },
];
