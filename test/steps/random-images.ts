import fc from 'fast-check';
import type { Json } from '../../common/json.ts';
import { TIME_ZONES } from '../../unattend/windows-names.gen.ts';
import { xmlText } from '../unattend/random-options.ts';

/** Secrets of random image files, by the names of their environment variables. */
export interface RandomImage {
  readonly windows: { readonly [field: string]: Json };
  readonly firmware: 'efi' | 'bios';
  readonly media: { readonly files: Json; readonly drivers: Json };
  readonly env: Readonly<Record<string, string>>;
}

/** One line that is not blank, of at most 63 characters; `$` is left to the tests of variables. */
const line = xmlText.map((text) => `x${text.replace(/[\r\n$]/g, '?')}`.slice(0, 63).toWellFormed());
/** Texts of settings: any that XML can hold. */
const text = xmlText.map((value) => value.replaceAll('$', '?'));
const computerName = fc.stringMatching(/^[A-Za-z]([A-Za-z0-9-]{0,13}[A-Za-z0-9])?$/);
const language = fc.constantFrom('en-US', 'de-DE', 'ja-JP', 'zh-Hans-CN', 'sr-Latn-RS', 'pt-BR', 'sv-FI');
const optional = { requiredKeys: [] };

const network = fc.record(
  {
    dnsSuffix: fc.domain(),
    dnsSuffixes: fc.array(fc.domain(), { maxLength: 3 }),
    interfaces: fc.uniqueArray(
      fc.record(
        {
          identifier: fc.oneof(fc.constant('Ethernet0'), fc.stringMatching(/^00:50:56(:[0-9a-f]{2}){3}$/)),
          addresses: fc.array(
            fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, length]) => `${address}/${length}`),
            { maxLength: 2 },
          ),
          gateways: fc.array(fc.ipV4(), { maxLength: 1 }),
          dnsServers: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 3 }),
          dnsSuffix: fc.domain(),
        },
        { requiredKeys: ['identifier'] },
      ),
      { maxLength: 3, selector: ({ identifier }) => identifier },
    ),
  },
  optional,
);

const domainJoin = fc.oneof(
  fc.record({
    domain: fc.domain(),
    credentials: fc.oneof(
      fc.record({ username: fc.constant('joiner'), password: fc.constant('env:JOIN'), domain: fc.domain() }),
      fc.record({ username: fc.constant('EXAMPLE\\joiner'), password: fc.constant('env:JOIN') }),
    ),
  }),
  fc.record({ domain: fc.domain(), organizationalUnit: line, machinePassword: fc.constant('env:JOIN') }),
  fc.constant({ accountData: 'env:JOIN' }),
  fc.record({ workgroup: fc.stringMatching(/^[A-Z]{1,15}$/) }),
);

const value = fc.oneof(text, fc.nat(), fc.boolean(), fc.constant({ secret: 'env:SETTING' }));

/** Settings of users that fit both answer files: documented ones, lists, and a component that nobody knows. */
const extra = fc.record(
  {
    offlineServicing: fc.record({ 'Microsoft-Windows-LUA-Settings': fc.record({ EnableLUA: fc.boolean() }) }),
    specialize: fc.record(
      {
        'Microsoft-Windows-RemoteAssistance-Exe': fc.record({ fAllowToGetHelp: fc.boolean() }),
        'Microsoft-Windows-Shell-Setup': fc.record({ OEMName: value, ComputerName: computerName }, optional),
        'Contoso-Agent': fc.dictionary(
          fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,8}$/),
          fc.oneof(
            value,
            fc.array(fc.oneof(value, fc.record({ Order: fc.constant(1), Url: value })), { maxLength: 1 }),
          ),
          { maxKeys: 3 },
        ),
        'Microsoft-Windows-SQMApi': fc.constant(null),
      },
      optional,
    ),
    oobeSystem: fc.record({ 'Microsoft-Windows-Shell-Setup': fc.record({ RegisteredOwner: value }) }),
  },
  optional,
);

const windows = fc
  .record(
    {
      version: fc.constantFrom('2019', '20H2', '2022', '2025'),
      edition: fc.constantFrom('Standard', 'Datacenter'),
      installationType: fc.constantFrom('Server', 'Server Core'),
      productKey: fc.constantFrom('kms', 'none', 'env:KEY'),
      computerName,
      organization: line,
      owner: line,
      timeZone: fc.constantFrom(...TIME_ZONES),
      locale: language,
      inputLocale: fc.oneof(language, fc.constantFrom('0409:00000409', '0407:00010407')),
      uiLanguage: language,
      administratorPassword: fc.constant('env:PASSWORD'),
      recoveryPartition: fc.boolean(),
      network,
      sysprep: fc.record(
        {
          computerName: fc.oneof(fc.constant('*'), computerName),
          extendOsPartition: fc.boolean(),
          network,
          domainJoin,
        },
        optional,
      ),
      unattend: fc.record({ install: extra, sysprep: extra }, optional),
    },
    { requiredKeys: ['version', 'organization'] },
  )
  .map((fields) => (fields.version === '20H2' ? { ...fields, installationType: 'Server Core' } : fields));

/** Any image file that a person may write, as far as answer files are made of it. */
export const randomImage: fc.Arbitrary<RandomImage> = fc.record({
  windows: windows.map((fields): RandomImage['windows'] => JSON.parse(JSON.stringify(fields))),
  firmware: fc.constantFrom('efi', 'bios'),
  media: fc.constantFrom(
    { files: [], drivers: [] },
    { files: [{ from: './drivers' }], drivers: ['drivers/a & b', 'drivers'] },
  ),
  env: fc.record({
    PASSWORD: text,
    JOIN: text,
    SETTING: text,
    KEY: fc.constant('BCDFG-HJKMN-PQRTV-WXY23-46789'),
  }),
});
