const HEADER = '#< CLIXML';
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Readable text of what PowerShell wrote to standard error. Windows PowerShell may write its error, warning, verbose
 * and progress streams there as CLIXML (`#< CLIXML` and an XML document); text streams are decoded, progress records are
 * dropped, what stands around the documents is kept.
 */
export function decodeCliXml(text: string): string {
  if (!text.includes(HEADER)) return text;
  let plain = '';
  let rest = text;
  for (let start = rest.indexOf(HEADER); start >= 0; start = rest.indexOf(HEADER)) {
    plain += rest.slice(0, start);
    const end = rest.indexOf('</Objs>', start);
    const document = end < 0 ? rest.slice(start) : rest.slice(start, end);
    plain += streams(document);
    rest = end < 0 ? '' : rest.slice(end + '</Objs>'.length);
  }
  return plain + rest;
}

/** `<S S="Error">…</S>`, one for each line of a text stream. */
function streams(document: string): string {
  let text = '';
  for (const [, content = ''] of document.matchAll(/<S S="(?:Error|Warning|Verbose|Debug|Information)">([^<]*)<\/S>/gi))
    text += decodeText(content);
  return text;
}

/** XML entities, then CLIXML's own `_xHHHH_` for a UTF-16 code unit. */
function decodeText(content: string): string {
  return content
    .replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi, (whole, hex, decimal, name) => {
      if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    })
    .replace(/_x([0-9a-f]{4})_/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
