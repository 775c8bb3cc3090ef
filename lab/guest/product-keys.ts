/** Microsoft's published KMS client setup keys: the build and the edition (without Core's suffix) each one fits. */
const KEYS: Readonly<Record<string, { readonly build: number; readonly edition: string }>> = {
  'N69G4-B89J2-4G8F4-WWYCC-J464C': { build: 17763, edition: 'ServerStandard' },
  'WMDGN-G9PQG-XVVXX-R3X43-63DFG': { build: 17763, edition: 'ServerDatacenter' },
  'N2KJX-J94YW-TQVFB-DG9YT-724CC': { build: 19042, edition: 'ServerStandardACor' },
  '6NMRW-2C8FM-D24W7-TQWMY-CWH2D': { build: 19042, edition: 'ServerDatacenterACor' },
  'VDYBN-27WPP-V4HQT-9VMD4-VMK7H': { build: 20348, edition: 'ServerStandard' },
  'WX4NM-KYWYW-QJJR4-XV3QB-6VM33': { build: 20348, edition: 'ServerDatacenter' },
  'TVRH6-WHNXV-R9WG3-9XRFY-MY832': { build: 26100, edition: 'ServerStandard' },
  'D764K-2NDRG-47T6Q-P8T8W-YP6DF': { build: 26100, edition: 'ServerDatacenter' },
};

/** Whether it is written as a product key: five times five of BCDFGHJKMNPQRTVWXY2-9. */
export function isProductKey(key: string): boolean {
  return /^([BCDFGHJKMNPQRTVWXY2-9]{5}-){4}[BCDFGHJKMNPQRTVWXY2-9]{5}$/i.test(key);
}

/** Whether Windows takes this key for this image. A key that is not published is taken for a volume key of the edition. */
export function keyFits(key: string, image: { build: string; editionId: string }): boolean {
  if (!isProductKey(key) || /Eval$/i.test(image.editionId)) return false;
  const known = KEYS[key.toUpperCase()];
  return known === undefined || (known.build === Number.parseInt(image.build, 10) && known.edition === image.editionId);
}
