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
