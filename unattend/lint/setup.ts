import type { Rule } from './rule.ts';
import { childSpots, childValue, isTrue, settingSpots, textOf } from './spots.ts';

const SETUP = 'Microsoft-Windows-Setup';
const AT = `windowsPE/${SETUP}`;
const REFERENCE = 'Unattended Windows Setup Reference';
/** Settings that have a WillShowUI of their own. */
const PARTS = ['DiskConfiguration', 'ImageInstall/OSImage', 'UserData/ProductKey'];

function image(inner: string): string {
  return `<ImageInstall><OSImage>
  ${inner}
  <InstallTo><DiskID>0</DiskID><PartitionID>3</PartitionID></InstallTo>
  <WillShowUI>OnError</WillShowUI>
</OSImage></ImageInstall>
<UserData><AcceptEula>true</AcceptEula></UserData>`;
}

const BY_INDEX =
  '<InstallFrom><MetaData wcm:action="add"><Key>/IMAGE/INDEX</Key><Value>2</Value></MetaData></InstallFrom>';

/** Rules on what Setup would ask somebody. */
export const setupRules: readonly Rule[] = [
  {
    code: 'unattend.will-show-ui',
    severity: 'warning',
    title: 'DiskConfiguration, OSImage and ProductKey say when Setup shows its pages (WillShowUI), and not Always.',
    why: `OnError is the default by the ${REFERENCE}; with Always Setup waits for somebody, and with nothing said the reader has to know. Never hides the words by which a failed installation tells what is wrong.`,
    remedy: 'Add <WillShowUI>OnError</WillShowUI>.',
    example: {
      at: AT,
      bad: '<DiskConfiguration/>',
      good: '<DiskConfiguration>\n  <WillShowUI>OnError</WillShowUI>\n</DiskConfiguration>',
    },
    *check(file) {
      for (const path of PARTS) {
        for (const spot of settingSpots(file, SETUP, path)) {
          const value = childValue(spot, 'WillShowUI');
          if (value === '') yield { spot, message: 'expected WillShowUI, found none' };
          else if (/^always$/i.test(value)) yield { spot, message: 'expected WillShowUI OnError, found Always' };
        }
      }
    },
  },
  {
    code: 'unattend.accept-eula',
    severity: 'error',
    title: 'The licence terms are accepted.',
    why: `AcceptEula is required for every unattended installation: without it Setup asks (${REFERENCE}, AcceptEula).`,
    remedy: 'Add <AcceptEula>true</AcceptEula> to UserData.',
    example: {
      at: AT,
      bad: '<UserData>\n  <FullName>Example</FullName>\n</UserData>',
      good: '<UserData>\n  <AcceptEula>true</AcceptEula>\n  <FullName>Example</FullName>\n</UserData>',
    },
    *check(file) {
      const all = [...settingSpots(file, SETUP, 'UserData')];
      const [image] = settingSpots(file, SETUP, 'ImageInstall/OSImage');
      if (all.length === 0 && image !== undefined)
        yield { spot: image, message: 'expected UserData with AcceptEula beside ImageInstall, found none' };
      for (const spot of all) {
        if (!isTrue(childValue(spot, 'AcceptEula')))
          yield { spot, message: `expected AcceptEula true, found ${childValue(spot, 'AcceptEula') || 'none'}` };
      }
    },
  },
  {
    code: 'unattend.image',
    severity: 'error',
    title: 'The image is chosen by its index, name or description, or by a product key.',
    why: `Media of Windows Server hold several images; without a choice Setup shows its list and waits (${REFERENCE}, MetaData: /IMAGE/INDEX, /IMAGE/NAME, /IMAGE/DESCRIPTION).`,
    remedy: 'Add InstallFrom with MetaData; ingot media inspect lists the images of an ISO.',
    example: { at: AT, bad: image('<InstallFrom/>'), good: image(BY_INDEX) },
    *check(file) {
      const keyed = [...settingSpots(file, SETUP, 'UserData/ProductKey/Key')].some((spot) => textOf(spot) !== '');
      for (const spot of settingSpots(file, SETUP, 'ImageInstall/OSImage')) {
        const from = childSpots(spot, 'InstallFrom');
        const metadata = from.flatMap((found) => childSpots(found, 'MetaData'));
        for (const item of metadata) {
          const key = childValue(item, 'Key');
          if (!/^\/IMAGE\/(INDEX|NAME|DESCRIPTION)$/i.test(key))
            yield {
              spot: item,
              message: `expected the Key /IMAGE/INDEX, /IMAGE/NAME or /IMAGE/DESCRIPTION, found “${key}”`,
            };
          else if (childValue(item, 'Value') === '')
            yield { spot: item, message: `expected a Value for ${key}, found none` };
        }
        if (metadata.length === 0 && !keyed)
          yield { spot, message: 'expected MetaData or a product key, found neither' };
      }
    },
  },
];
