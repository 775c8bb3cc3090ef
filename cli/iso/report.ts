import type { BootEntry } from '../../iso/el-torito.ts';
import type { MediaFacts } from '../../iso/inspect.ts';
import type { WindowsImage } from '../../iso/wim-xml.ts';
import { type Style, styleFor, wantsColor } from '../../reporters/style.ts';
import { bytes, oneLine, wrap } from '../../reporters/text.ts';
import type { Cli } from '../context.ts';
import { columns, table } from './columns.ts';
import { fragment } from './fragment.ts';
import type { OpenedMedia } from './open.ts';
import { type FittingSettings, proposed } from './settings.ts';

export interface Inspected {
  readonly name: string;
  readonly location: OpenedMedia['location'];
  readonly facts: MediaFacts;
  readonly settings: readonly FittingSettings[];
}

/** What is on an ISO, for a person: as wide as the terminal, or a line an image where nobody's terminal is known. */
export function report(cli: Pick<Cli, 'stdout' | 'env'>, inspected: Inspected): string {
  const style = styleFor(wantsColor({ output: cli.stdout, env: cli.env }));
  const width = cli.stdout.isTTY ? Math.max(40, cli.stdout.columns) : Number.POSITIVE_INFINITY;
  const { name, facts, settings } = inspected;
  const blocks = [
    [style.bold(oneLine(name))],
    mediaLines(facts, style, width),
    ...(facts.images.length === 0 ? [] : [imageLines(facts, style, width)]),
    ...(facts.images.length === 0 ? [] : [settingsLines(settings, style, width)]),
    ...fragmentLines(inspected, style),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const LABEL = 11;

function field(label: string, values: readonly string[], { dim }: Style, width: number): string[] {
  return values
    .flatMap((value) => wrap(value, width - LABEL - 2))
    .map((line, at) => `  ${dim((at === 0 ? label : '').padEnd(LABEL))}${line}`);
}

function mediaLines(facts: MediaFacts, style: Style, width: number): string[] {
  const { volumeLabel, size, filesystem, installImage, languages, images } = facts;
  const entry = (label: string, ...values: string[]) => field(label, values, style, width);
  return [
    ...entry('Label', oneLine(volumeLabel) || '(none)'),
    ...entry('Size', `${bytes(size)} (${size} bytes), ${filesystem === 'udf' ? 'UDF' : 'ISO 9660'}`),
    ...(installImage === null ? entry('Windows', 'none: there is no sources/install.wim, .esd or .swm') : []),
    ...(languages.length === 0
      ? []
      : entry(
          'Languages',
          `${languages.map(oneLine).join(', ')}${facts.multiLanguage ? ' (multi-language media)' : ''}`,
        )),
    ...(images.length === 0 ? [] : entry('License', license(facts))),
    ...entry('Boot', ...boot(facts.bootEntries)),
    ...entry('Key press', ...anyKey(facts)),
  ];
}

function license({ evaluation, images }: MediaFacts): string {
  if (evaluation) return 'evaluation: no product key';
  return images.some((image) => image.evaluation) ? 'some images are evaluation editions' : 'full: takes a product key';
}

const PLATFORMS: Readonly<Partial<Record<BootEntry['platform'], string>>> = { bios: 'BIOS', efi: 'EFI' };

function boot(entries: readonly BootEntry[]): string[] {
  if (entries.length === 0) return ['no: there is no boot catalogue'];
  const rows = entries.map(({ platform, platformId, bootable, emulation, sectorCount, loadRba }) => [
    PLATFORMS[platform] ?? `platform 0x${platformId.toString(16)}`,
    bootable ? 'bootable' : 'not bootable',
    emulation === 'none' ? 'no emulation' : `${emulation} emulation`,
    `sector ${loadRba}, loads ${sectorCount} × 512 bytes`,
  ]);
  return columns(rows);
}

function anyKey({ noPrompt, biosPrompt, bootEntries }: MediaFacts): string[] {
  const has = (platform: BootEntry['platform']) => bootEntries.some((entry) => entry.platform === platform);
  return [
    ...(has('efi') ? [`EFI   ${efiPrompt(noPrompt)}`] : []),
    ...(has('bios')
      ? [`BIOS  ${biosPrompt ? 'asks only where the disk boots already' : 'does not ask: no boot/bootfix.bin'}`]
      : []),
  ];
}

function efiPrompt(noPrompt: MediaFacts['noPrompt']): string {
  if (!noPrompt.available) return `asks, and cannot be patched: ${noPrompt.reason}`;
  if (noPrompt.fromRba === noPrompt.toRba) return 'does not ask';
  return `asks; ingot boots ${noPrompt.path.split('/').at(-1)} (sector ${noPrompt.toRba}) instead`;
}

function imageLines({ images, installImage }: MediaFacts, { bold, dim }: Style, width: number): string[] {
  const parts = installImage !== null && installImage.parts > 1 ? `, ${installImage.parts} parts` : '';
  const title = bold(`Images in ${installImage?.path ?? ''} (${bytes(installImage?.size ?? 0)}${parts})`);
  const rows = images.map(cells);
  const head = ['#', 'Name', 'Edition', 'Type', 'Version', 'Arch', 'Language', 'Size'];
  const lines = table([head, ...rows], dim, new Set([0, 7])).map((line) => `  ${line}`);
  const plain = columns([head, ...rows], new Set([0, 7]));
  if (Math.max(...plain.map(({ length }) => length + 2)) <= width) return [title, ...lines];
  const first = columns(
    rows.map((row) => row.slice(0, 2)),
    new Set([0]),
  );
  const indent = ' '.repeat(4 + String(images.at(-1)?.index ?? 0).length);
  const second = columns(rows.map((row) => row.slice(2)));
  return [title, ...first.flatMap((line, at) => [`  ${line}`, `${indent}${dim(second[at] ?? '')}`])];
}

function cells(image: WindowsImage): string[] {
  const { index, name, editionId, installationType, version, architecture, languages } = image;
  const size = Math.max(0, image.totalBytes - image.hardLinkBytes);
  const all = [String(index), name || '(no name)', editionId, installationType, version, architecture];
  return [...all, languages.join(' '), bytes(size)].map((cell) => oneLine(cell) || '-');
}

function settingsLines(settings: readonly FittingSettings[], style: Style, width: number): string[] {
  const title = style.bold('Settings that install them');
  if (settings.length === 0) {
    return [
      title,
      ...wrap('none: ingot installs Windows Server 2019, 20H2, 2022 and 2025 for amd64', width - 2).map(indented),
    ];
  }
  const named = settings.some(({ select }) => select !== null);
  const rows = settings.map(({ index, version, edition, installationType, select, kmsClientKey }) => [
    String(index),
    version,
    select === null ? (edition ?? '-') : '-',
    installationType,
    ...(named ? [select === null ? '-' : oneLine(String(select))] : []),
    kmsClientKey === null ? 'none' : `kms: ${kmsClientKey.name}`,
  ]);
  const head = ['#', 'version', 'edition', 'installationType', ...(named ? ['media.edition'] : []), 'productKey'];
  const gates = [...new Map(settings.map(({ gate }) => [gate.reason, gate])).values()];
  return [
    title,
    ...table([head, ...rows], style.dim, new Set([0])).map(indented),
    '',
    ...gates.flatMap(({ passed, reason, notice }) => [
      ...wrap(`Build ${reason}.`, width - 2).map((line) => indented(passed ? style.dim(line) : style.yellow(line))),
      ...(notice === null ? [] : wrap(`${notice}.`, width - 2).map((line) => indented(style.yellow(line)))),
    ]),
  ];
}

function fragmentLines({ location, facts, settings }: Inspected, { dim }: Style): string[][] {
  const best = proposed(settings);
  if (best === undefined) return [];
  const name = facts.images.find(({ index }) => index === best.index)?.name ?? '';
  return [[dim(`# For an image file: image ${best.index}, ${oneLine(name)}`), ...fragment(location, best)]];
}

function indented(line: string): string {
  return `  ${line}`;
}
