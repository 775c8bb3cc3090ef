/** A reference to a managed object: plain JSON, so it can be recorded and read again. */
export interface Ref<T extends string = string> {
  /** The managed type: `VirtualMachine`, `Folder`, … */
  readonly type: T;
  /** The managed object id: `vm-42`. */
  readonly value: string;
}

/** A data object whose type is named, as `anyType` properties need it. */
export interface TypedObject {
  readonly $type: string;
  readonly [property: string]: unknown;
}

/** A value of the API's `anyType`. A whole number goes out as xsd:int or xsd:long, another number as xsd:double. */
export type AnyValue = string | number | boolean | Ref | TypedObject | readonly AnyValue[];

/** A fault of vSphere. Its text follows the server's locale: test `type` and the keys in `details`, never `message`. */
export interface VimFault {
  /** The wire name of the fault's type: `InvalidLogin`. */
  readonly type: string;
  /** The localized message; where that ends at a colon, completed with the texts of `faultMessage`. */
  readonly message: string;
  /** The fault's own properties, `faultMessage` and `faultCause` included. */
  readonly details: Readonly<Record<string, unknown>>;
}

export function ref<T extends string>(type: T, value: string): Ref<T> {
  return { type, value };
}

export function sameRef(a: Ref, b: Ref): boolean {
  return a.type === b.type && a.value === b.value;
}

/** `VirtualMachine:vm-42`, as govc prints it. */
export function refText(object: Ref): string {
  return `${object.type}:${object.value}`;
}

export function isRef(value: unknown): value is Ref {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    'value' in value &&
    typeof value.type === 'string' &&
    typeof value.value === 'string'
  );
}
