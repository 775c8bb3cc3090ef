const STANDARD = `Afghanistan|Alaskan|Aleutian|Altai|Arab|Arabian|Arabic|Argentina|Astrakhan|Atlantic|AUS Central
Aus Central W.|AUS Eastern|Azerbaijan|Azores|Bahia|Bangladesh|Belarus|Bougainville|Canada Central|Cape Verde|Caucasus
Cen. Australia|Central|Central America|Central Asia|Central Brazilian|Central Europe|Central European|Central Pacific
Chatham Islands|China|Cuba|Dateline|E. Africa|E. Australia|E. Europe|E. South America|Easter Island|Eastern|Egypt
Ekaterinburg|Fiji|FLE|Georgian|GMT|Greenland|Greenwich|GTB|Haiti|Hawaiian|India|Iran|Israel|Jordan|Kaliningrad
Kamchatka|Korea|Libya|Line Islands|Lord Howe|Magadan|Magallanes|Marquesas|Mauritius|Mid-Atlantic|Middle East
Montevideo|Morocco|Mountain|Myanmar|N. Central Asia|Namibia|Nepal|New Zealand|Newfoundland|Norfolk|North Asia
North Asia East|North Korea|Omsk|Pacific|Pacific SA|Pakistan|Paraguay|Qyzylorda|Romance
Russian|SA Eastern|SA Pacific|SA Western|Saint Pierre|Sakhalin|Samoa|Sao Tome
Saratov|SE Asia|Singapore|South Africa|South Sudan|Sri Lanka|Sudan|Syria|Taipei|Tasmania|Tocantins|Tokyo|Tomsk|Tonga
Transbaikal|Turkey|Turks And Caicos|Ulaanbaatar|US Eastern|US Mountain|Venezuela|Vladivostok|Volgograd|W. Australia
W. Central Africa|W. Europe|W. Mongolia|West Asia|West Bank|West Pacific|Yakutsk|Yukon`;

const OTHERS = [
  'Central Standard Time (Mexico)',
  'Eastern Standard Time (Mexico)',
  'Mountain Standard Time (Mexico)',
  'Pacific Standard Time (Mexico)',
  'Russia Time Zone 10',
  'Russia Time Zone 11',
  'Russia Time Zone 3',
  'UTC',
  'UTC+12',
  'UTC+13',
  'UTC-02',
  'UTC-08',
  'UTC-09',
  'UTC-11',
];

/** Windows' time zones by the names that `tzutil /l` shows (Microsoft, Default Time Zones). */
const NAMES: ReadonlySet<string> = new Set([
  ...STANDARD.split(/[|\n]/).map((name) => `${name} Standard Time`),
  ...OTHERS,
]);

/** Whether Windows has a time zone of that name; with `_dstoff` it is kept without daylight saving time. */
export function isTimeZone(name: string): boolean {
  return NAMES.has(name.replace(/_dstoff$/, ''));
}
