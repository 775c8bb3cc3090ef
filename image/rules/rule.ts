import type { DeepPartial } from '../parse.ts';
import type { Finding, Path } from '../problem.ts';
import type { ParsedImage } from '../schema/image.ts';

/** The parts of an image file that are right by themselves. */
export type Part = DeepPartial<ParsedImage>;

/** What the file says at a path, right or wrong: tells a field that was left out from one that is reported already. */
export type Raw = (path: Path) => unknown;

/** How the file writes an unquoted value at a path: `00000409`, and not 409. */
export type Written = (path: Path) => string | undefined;

/** A rule across fields: what is wrong with the parts it needs; nothing while one of them is missing. */
export type Rule = (part: Part, raw: Raw, written: Written) => Finding[];
