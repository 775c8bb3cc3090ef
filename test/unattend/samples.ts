import { execFileSync } from 'node:child_process';
import { IngotError } from '../../common/failure.ts';
import type { InstallOptions } from '../../unattend/install.ts';
import { kmsClientKey } from '../../unattend/kms-keys.ts';
import type { AnswerFile, Setting } from '../../unattend/model.ts';
import type { SysprepOptions } from '../../unattend/sysprep.ts';

const locale = { input: '0409:00000409', system: 'en-US', ui: 'en-US', user: 'en-US' };

export const sysprepOptions: SysprepOptions = {
  locale,
  timeZone: 'Eastern Standard Time',
  organization: 'Organization',
  owner: 'Owner',
  computerName: 'winhost',
  administratorPassword: 'MyPassword',
};

export const installOptions: InstallOptions = {
  ...sysprepOptions,
  firmware: 'efi',
  image: { index: 2 },
  productKey: kmsClientKey('20H2', 'Standard'),
  installationType: 'Server Core',
  bootstrap: { volumeLabel: 'INGOT', script: 'bootstrap.ps1' },
};

/** Every leaf as `pass/component/setting/…` and value, list items numbered; the meaning of a file without its form. */
export function facts(file: AnswerFile): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string, settings: readonly Setting[]) => {
    const seen = new Map<string, number>();
    for (const { name, action, value, children } of settings) {
      const number = (seen.get(name) ?? 0) + 1;
      seen.set(name, number);
      const at = `${path}/${name}${action === undefined ? '' : `[${number}]`}`;
      if (children === undefined) found[at] = value ?? '';
      else visit(at, children);
    }
  };
  for (const { pass, components } of file.passes) {
    for (const { name, settings } of components) visit(`${pass}/${name}`, settings);
  }
  return found;
}

/** Fails unless xmllint finds the text well-formed. */
export function xmllint(xml: string): void {
  execFileSync('xmllint', ['--noout', '--nonet', '-'], { input: xml, stdio: ['pipe', 'ignore', 'pipe'] });
}

/** For `assert.throws`: an IngotError of this code. */
export function failure(code: string, message = /./): (error: unknown) => boolean {
  return (error) => error instanceof IngotError && error.code === code && message.test(error.message);
}

/** A model without its places, and without keys that are undefined. */
export function withoutPlaces(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item) => (key === 'place' ? undefined : item)));
}

/** Texts that end an element, a reference or a line when they are not escaped. */
export const HOSTILE = [
  `&<>"'`,
  ']]>',
  '<![CDATA[x]]>',
  '&amp;&#10;&lt;',
  'line\nbreak',
  'carriage\r\nreturn\r',
  ' spaces \t ',
  'emoji 😀 名前',
  '\u202eright to left\u202c',
  '<!-- comment -->',
  '<?pi?>',
  '%PATH% `x` $x',
  '&#xD;&#13;',
  '',
];
