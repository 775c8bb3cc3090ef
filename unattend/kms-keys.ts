/**
 * KMS client setup keys: public, published by Microsoft for every volume-licensed edition
 * (Microsoft Learn, "Key Management Services (KMS) client activation and product keys"). They activate nothing.
 */
export const KMS_CLIENT_KEYS = {
  '2019': { Standard: 'N69G4-B89J2-4G8F4-WWYCC-J464C', Datacenter: 'WMDGN-G9PQG-XVVXX-R3X43-63DFG' },
  '20H2': { Standard: 'N2KJX-J94YW-TQVFB-DG9YT-724CC', Datacenter: '6NMRW-2C8FM-D24W7-TQWMY-CWH2D' },
  '2022': { Standard: 'VDYBN-27WPP-V4HQT-9VMD4-VMK7H', Datacenter: 'WX4NM-KYWYW-QJJR4-XV3QB-6VM33' },
  '2025': { Standard: 'TVRH6-WHNXV-R9WG3-9XRFY-MY832', Datacenter: 'D764K-2NDRG-47T6Q-P8T8W-YP6DF' },
} as const satisfies Record<string, Record<string, string>>;

export type KmsVersion = keyof typeof KMS_CLIENT_KEYS;
export type KmsEdition = keyof (typeof KMS_CLIENT_KEYS)[KmsVersion];

/** The KMS client setup key of a Windows Server version and edition. */
export function kmsClientKey(version: KmsVersion, edition: KmsEdition): string {
  return KMS_CLIENT_KEYS[version][edition];
}

/** Keys of versions and editions that ingot does not install, from the same page: other answer files have them. */
const OTHERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '2012 R2': { Standard: 'D2N9P-3P6X9-2R39C-7RTCD-MDVJX', Datacenter: 'W3GGN-FT8W3-Y4M27-J84CP-Q3VJ9' },
  '2016': {
    Standard: 'WC2BQ-8NRM3-FDDYY-2BFGV-KHKQY',
    Datacenter: 'CB7KF-BWN84-R7R2Y-793K2-8XDDG',
    Essentials: 'JCKRF-N37P4-C2D82-9YXRT-4M63B',
  },
  '2019': { Essentials: 'WVDHN-86M7X-466P6-VHXV7-YY726' },
  '2022': { 'Datacenter: Azure Edition': 'NTBV8-9K7Q8-V27C6-M2BTV-KHMXV' },
  '2025': { 'Datacenter: Azure Edition': 'XGN3F-F394H-FD2MY-PP6FD-8MCRC' },
};

/** What a public KMS client key installs; undefined for any other key. */
export function kmsKeyOf(key: string): { readonly version: string; readonly edition: string } | undefined {
  for (const table of [KMS_CLIENT_KEYS, OTHERS]) {
    for (const [version, editions] of Object.entries(table)) {
      for (const [edition, known] of Object.entries(editions)) {
        if (known === key.toUpperCase()) return { version, edition };
      }
    }
  }
  return undefined;
}
