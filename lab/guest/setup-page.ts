import { textAt, type XmlElement } from '../xml.ts';
import { invalidFor, SetupStop } from './setup-stop.ts';

/** A page of Setup that an answer file can leave out. */
export interface Page {
  /** A setting is missing, or names what is not there: the page asks; under `Never` there is only the error. */
  missing(error: string): SetupStop;
}

/**
 * The page beside a setting by its `WillShowUI`: `Always` shows it whatever is set, `OnError` (or nothing) when something
 * is missing, `Never` not at all. Throws SetupStop for `Always`, and for another value.
 */
export function pageOr(setting: XmlElement | undefined, page: string): Page {
  const willShow = textAt(setting, 'WillShowUI') ?? 'OnError';
  if (!['Always', 'OnError', 'Never'].includes(willShow)) throw invalidFor('windowsPE');
  if (willShow === 'Always') throw new SetupStop(page);
  return { missing: (error) => new SetupStop(willShow === 'Never' ? error : page) };
}
