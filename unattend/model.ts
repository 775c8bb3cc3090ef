/** The configuration passes of Windows Setup, in the order in which they run. */
export const PASSES = [
  'windowsPE',
  'offlineServicing',
  'generalize',
  'specialize',
  'auditSystem',
  'auditUser',
  'oobeSystem',
] as const;

export type Pass = (typeof PASSES)[number];

/** Where something stands in an XML file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * One setting: a value or further settings, never both. List items are settings of one name with `action: 'add'`.
 * Order is kept.
 */
export interface Setting {
  readonly name: string;
  /** The value of a leaf; undefined when there are `children`. */
  readonly value?: string | undefined;
  readonly children?: readonly Setting[] | undefined;
  /** `wcm:action`: what to do with a list item. */
  readonly action?: string | undefined;
  /** `wcm:keyValue`: the key of a list item that has no `Order`. */
  readonly keyValue?: string | undefined;
  /** Attributes other than the two above, by their names as written. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** Only when it was parsed. */
  readonly place?: Place | undefined;
}

/** The attributes that Setup asks of a component, beside its name. */
export interface ComponentAttributes {
  readonly processorArchitecture: string;
  readonly publicKeyToken: string;
  readonly language: string;
  readonly versionScope: string;
}

export const COMPONENT_ATTRIBUTES: ComponentAttributes = {
  processorArchitecture: 'amd64',
  publicKeyToken: '31bf3856ad364e35',
  language: 'neutral',
  versionScope: 'nonSxS',
};

export interface Component {
  readonly name: string;
  /** As written: a parsed file may leave some out, which the linter reports. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly settings: readonly Setting[];
  readonly place?: Place | undefined;
}

export interface PassSettings {
  /** As written: a parsed file may name a pass that does not exist. */
  readonly pass: string;
  readonly components: readonly Component[];
  /** Attributes other than `pass`, such as `wasPassProcessed`. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly place?: Place | undefined;
}

/** An answer file of Windows Setup or Sysprep (Unattended Windows Setup Reference, Microsoft). */
export interface AnswerFile {
  readonly passes: readonly PassSettings[];
  /** Elements beside the passes, such as `cpi:offlineImage` and `servicing`: kept, not understood. */
  readonly others?: readonly Setting[] | undefined;
  /** Attributes of the root, such as `xsi:schemaLocation`. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}
