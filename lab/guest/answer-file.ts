import { all, at, parseXml, textAt, type XmlElement } from '../xml.ts';

const NAMESPACE = /<(\w+:)?unattend\b[^>]*xmlns(:\w+)?="urn:schemas-microsoft-com:unattend"/;

/** Components that Windows knows in each pass; another name there stops Setup (windows-failures.md P2). */
const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  windowsPE: [
    'Microsoft-Windows-International-Core-WinPE',
    'Microsoft-Windows-PnpCustomizationsWinPE',
    'Microsoft-Windows-Setup',
    'Microsoft-Windows-TCPIP',
  ],
  offlineServicing: ['Microsoft-Windows-LUA-Settings', 'Microsoft-Windows-PnpCustomizationsNonWinPE'],
  generalize: ['Microsoft-Windows-Security-SPP', 'Microsoft-Windows-PnpSysprep', 'Microsoft-Windows-Shell-Setup'],
  specialize: [
    'Microsoft-Windows-Shell-Setup',
    'Microsoft-Windows-International-Core',
    'Microsoft-Windows-Deployment',
    'Microsoft-Windows-Security-SPP-UX',
    'Microsoft-Windows-Security-SPP',
    'Microsoft-Windows-SQMApi',
    'Microsoft-Windows-TCPIP',
    'Microsoft-Windows-DNS-Client',
    'Microsoft-Windows-UnattendedJoin',
    'Microsoft-Windows-TerminalServices-LocalSessionManager',
    'Microsoft-Windows-IE-ESC',
    'Microsoft-Windows-ServerManager-SvrMgrNc',
    'Microsoft-Windows-OutOfBoxExperience',
    'Networking-MPSSVC-Svc',
  ],
  auditSystem: ['Microsoft-Windows-Shell-Setup', 'Microsoft-Windows-Deployment'],
  auditUser: ['Microsoft-Windows-Shell-Setup', 'Microsoft-Windows-Deployment'],
  oobeSystem: [
    'Microsoft-Windows-Shell-Setup',
    'Microsoft-Windows-International-Core',
    'Microsoft-Windows-WinRE-RecoveryAgent',
    'Microsoft-Windows-SecureStartup-FilterDriver',
  ],
};

/** Words of a dialog at which Windows waits. */
export class SetupStop extends Error {
  override readonly name = 'SetupStop';
}

/** An answer file as Windows reads it. */
export class AnswerFile {
  readonly #root: XmlElement;

  private constructor(root: XmlElement) {
    this.#root = root;
  }

  /** Parses the text. Throws SetupStop in Windows' words if it is malformed or names what does not exist. */
  static parse(text: string): AnswerFile {
    let root: XmlElement;
    try {
      root = parseXml(text.replace(/^\uFEFF/, ''));
    } catch {
      throw new SetupStop(
        'Windows Setup encountered an internal error while loading or searching for an unattend answer file.',
      );
    }
    if (root.name !== 'unattend' || !NAMESPACE.test(text)) {
      throw new SetupStop(
        'Windows Setup encountered an internal error while loading or searching for an unattend answer file.',
      );
    }
    for (const settings of all(root, 'settings')) {
      const pass = settings.attributes.pass ?? '';
      const known = COMPONENTS[pass];
      for (const component of all(settings, 'component')) {
        const { name = '', processorArchitecture, publicKeyToken } = component.attributes;
        if (!known?.includes(name) || publicKeyToken !== '31bf3856ad364e35' || processorArchitecture === undefined) {
          throw unprocessable(pass);
        }
      }
    }
    return new AnswerFile(root);
  }

  /** A pass's component for this machine (amd64); another architecture is passed over. */
  component(pass: string, name: string): XmlElement | undefined {
    return all(this.#root, 'settings')
      .filter((settings) => settings.attributes.pass === pass)
      .flatMap((settings) => all(settings, 'component'))
      .find((found) => found.attributes.name === name && found.attributes.processorArchitecture === 'amd64');
  }

  /** The element at a path below a component. */
  setting(pass: string, component: string, ...path: string[]): XmlElement | undefined {
    return at(this.component(pass, component), ...path);
  }

  text(pass: string, component: string, ...path: string[]): string | undefined {
    return textAt(this.component(pass, component), ...path);
  }
}

/** The dialog for a component, setting or value that Windows does not know. */
export function unprocessable(pass: string): SetupStop {
  return new SetupStop(
    `Windows could not parse or process the unattend answer file for pass [${pass}]. A component or setting specified in the answer file does not exist.`,
  );
}

/**
 * A password element in clear. `suffix` is what Windows appends before encoding: `AdministratorPassword` or `Password`.
 * Throws SetupStop if it can't be decoded.
 */
export function readPassword(element: XmlElement | undefined, suffix: string): string | undefined {
  const value = at(element, 'Value')?.text;
  if (value === undefined) return undefined;
  if ((textAt(element, 'PlainText') ?? 'true').toLowerCase() === 'true') return value;
  const decoded = Buffer.from(value.trim(), 'base64').toString('utf16le');
  if (!decoded.endsWith(suffix)) {
    throw new SetupStop('Windows could not complete the installation. Failed to decode password (0x8007000d).');
  }
  return decoded.slice(0, -suffix.length);
}
