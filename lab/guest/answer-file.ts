import { all, at, parseXml, textAt, type XmlElement } from '../xml.ts';
import { hasComponent, hasSetting, PASSES } from './answer-components.ts';
import { doesNotExist, invalidFor, SetupStop, WORDS } from './setup-stop.ts';

const NAMESPACE = /<(\w+:)?unattend\b[^>]*xmlns(:\w+)?="urn:schemas-microsoft-com:unattend"/;
const TOKEN = '31bf3856ad364e35';
const ATTRIBUTES = ['name', 'processorArchitecture', 'publicKeyToken', 'language', 'versionScope'];

/** An answer file as Windows reads it. */
export class AnswerFile {
  readonly #root: XmlElement;
  /** As it was given. */
  readonly content: Buffer | string;

  private constructor(root: XmlElement, content: Buffer | string) {
    this.#root = root;
    this.content = content;
  }

  /**
   * Reads a whole file. What a pass holds is looked at when the pass begins, see `enter`.
   * Throws SetupStop: no XML or no answer file; a pass that there is not, or a component without its attributes.
   */
  static parse(content: Buffer | string): AnswerFile {
    const text = typeof content === 'string' ? content : decodeXml(content);
    let root: XmlElement;
    try {
      root = parseXml(text);
    } catch {
      throw new SetupStop(WORDS.unreadable);
    }
    if (root.name !== 'unattend' || !NAMESPACE.test(text)) throw new SetupStop(WORDS.unreadable);
    for (const settings of all(root, 'settings')) {
      if (!PASSES.includes(settings.attributes.pass ?? '')) throw invalidFor(undefined);
      for (const component of all(settings, 'component')) {
        if (ATTRIBUTES.some((name) => component.attributes[name] === undefined)) throw invalidFor(undefined);
      }
    }
    return new AnswerFile(root, content);
  }

  /** A pass begins. Throws SetupStop for a component or setting that Windows does not know in it. */
  enter(pass: string): void {
    for (const component of this.#components(pass)) {
      const { name = '', publicKeyToken } = component.attributes;
      const known = publicKeyToken === TOKEN && hasComponent(pass, name);
      if (!known || component.children.some((setting) => !hasSetting(pass, name, setting.name))) {
        throw doesNotExist(pass);
      }
    }
  }

  /** A pass's component for this machine (amd64). */
  component(pass: string, name: string): XmlElement | undefined {
    return this.#components(pass).find((found) => found.attributes.name === name);
  }

  /** The element at a path below a component. */
  setting(pass: string, component: string, ...path: string[]): XmlElement | undefined {
    return at(this.component(pass, component), ...path);
  }

  text(pass: string, component: string, ...path: string[]): string | undefined {
    return textAt(this.component(pass, component), ...path);
  }

  /** A component for another architecture is passed over. */
  #components(pass: string): XmlElement[] {
    return all(this.#root, 'settings')
      .filter((settings) => settings.attributes.pass === pass)
      .flatMap((settings) => all(settings, 'component'))
      .filter((component) => component.attributes.processorArchitecture === 'amd64');
  }
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
  if (!decoded.endsWith(suffix)) throw new SetupStop(WORDS.undecodable);
  return decoded.slice(0, -suffix.length);
}

/** The text of an XML file: UTF-8, or UTF-16 by its byte order mark, which is left out. */
export function decodeXml(bytes: Buffer): string {
  const even = bytes.subarray(0, bytes.length & ~1);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return even.subarray(2).toString('utf16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return Buffer.from(even.subarray(2)).swap16().toString('utf16le');
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}
