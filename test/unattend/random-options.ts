import fc from 'fast-check';
import type { DomainJoin } from '../../unattend/components/domain-join.ts';
import type { NetworkOptions } from '../../unattend/components/network.ts';
import type { InstallOptions } from '../../unattend/install.ts';
import { KMS_CLIENT_KEYS } from '../../unattend/kms-keys.ts';
import type { PassTree } from '../../unattend/settings.ts';
import type { SysprepOptions } from '../../unattend/sysprep.ts';
import { TIME_ZONES } from '../../unattend/windows-names.gen.ts';

/** Text that XML 1.0 can hold: all that is there but control characters, half surrogates, U+FFFE and U+FFFF. */
export const xmlText = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    fc.constantFrom(
      `&<>"'`,
      ']]>',
      '<![CDATA[x]]>',
      '&amp;&#10;&lt;',
      'line\nbreak\r\n',
      ' \t ',
      '😀 名前',
      '\u202ertl\u202c',
    ),
  )
  .map((value) => value.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '?'));

const computerName = fc.oneof(fc.constant('*'), fc.stringMatching(/^[A-Za-z]([A-Za-z0-9-]{0,13}[A-Za-z0-9])?$/));
const language = fc.constantFrom('en-US', 'de-DE', 'ja-JP', 'zh-Hans-CN', 'sr-Latn-RS', 'pt-BR', 'es-419');
const keyboard = fc.oneof(language, fc.constantFrom('0409:00000409', '0407:00010407', '0409:00000409;0411:00000411'));
const locale = fc.record({ input: keyboard, system: language, ui: language, user: language });

const ipv4 = fc.ipV4();
const network: fc.Arbitrary<NetworkOptions> = fc.record(
  {
    dnsSuffix: fc.domain(),
    dnsSuffixes: fc.array(fc.domain(), { maxLength: 3 }),
    interfaces: fc.array(
      fc.record(
        {
          identifier: fc.oneof(fc.constant('Ethernet0'), fc.stringMatching(/^00:50:56(:[0-9a-f]{2}){3}$/)),
          addresses: fc.array(
            fc.tuple(ipv4, fc.nat(32)).map(([address, length]) => `${address}/${length}`),
            { maxLength: 2 },
          ),
          gateways: fc.array(ipv4, { maxLength: 1 }),
          dnsServers: fc.array(fc.oneof(ipv4, fc.ipV6()), { maxLength: 3 }),
          dnsSuffix: fc.domain(),
        },
        { requiredKeys: ['identifier'] },
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);

const domainJoin: fc.Arbitrary<DomainJoin> = fc.oneof(
  fc.record({
    domain: fc.domain(),
    credentials: fc.record({ username: fc.constant('EXAMPLE\\ops'), password: xmlText }),
  }),
  fc.record({ domain: fc.domain(), organizationalUnit: xmlText, machinePassword: xmlText }),
  fc.record({ accountData: fc.base64String({ minLength: 4 }) }),
  fc.record({ workgroup: fc.stringMatching(/^[A-Z]{1,15}$/) }),
);

/** Settings that a user adds: documented ones, and a component that nobody knows. */
const extra: fc.Arbitrary<PassTree> = fc.record(
  {
    offlineServicing: fc.record({ 'Microsoft-Windows-LUA-Settings': fc.record({ EnableLUA: fc.boolean() }) }),
    specialize: fc.record(
      {
        'Microsoft-Windows-RemoteAssistance-Exe': fc.record({ fAllowToGetHelp: fc.boolean() }),
        'Microsoft-Windows-Shell-Setup': fc.record({ OEMName: xmlText, ComputerName: computerName }),
        'Contoso-Agent': fc.dictionary(
          fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/),
          fc.oneof(xmlText, fc.nat(), fc.boolean()),
        ),
        'Microsoft-Windows-SQMApi': fc.constant(null),
      },
      { requiredKeys: [] },
    ),
    oobeSystem: fc.record({ 'Microsoft-Windows-Shell-Setup': fc.record({ RegisteredOwner: xmlText }) }),
  },
  { requiredKeys: [] },
);

const common = {
  locale,
  timeZone: fc.constantFrom(...TIME_ZONES),
  organization: xmlText,
  owner: xmlText,
  computerName,
  administratorPassword: xmlText,
};

const productKeys = Object.values(KMS_CLIENT_KEYS).flatMap((editions) => Object.values(editions));

export const installArbitrary: fc.Arbitrary<InstallOptions> = fc.record(
  {
    ...common,
    firmware: fc.constantFrom('efi', 'bios'),
    image: fc.oneof(
      fc.record({ index: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ name: fc.constantFrom('Windows Server SERVERSTANDARDACORE', 'Windows Server') }),
    ),
    installationType: fc.constantFrom('Server', 'Server Core'),
    bootstrap: fc.record({ volumeLabel: fc.stringMatching(/^[A-Z0-9_]{1,11}$/), script: fc.constant('bootstrap.ps1') }),
    productKey: fc.constantFrom(...productKeys.filter((key) => /^(N2KJX|N69G4|VDYBN|TVRH6)/.test(key))),
    recoveryPartition: fc.boolean(),
    driverPaths: fc.array(
      xmlText.map((path) => `X:\\${path}`),
      { maxLength: 3 },
    ),
    network,
    extra,
  },
  {
    requiredKeys: [
      'locale',
      'timeZone',
      'organization',
      'owner',
      'computerName',
      'administratorPassword',
      'firmware',
      'image',
      'installationType',
      'bootstrap',
    ],
  },
);

export const sysprepArbitrary: fc.Arbitrary<SysprepOptions> = fc.record(
  { ...common, extendOsPartition: fc.boolean(), network, domainJoin, extra },
  { requiredKeys: ['locale', 'timeZone', 'organization', 'owner', 'computerName', 'administratorPassword'] },
);
