/**
 * A fault of vCenter's, on request. `method` is a SOAP method (`CreateVM_Task`), or `PUT /folder`, `GET /folder` and the
 * like for the datastore; `times` counts how many calls it strikes (1 if not given).
 */
export type Fault =
  | {
      readonly kind: 'soap';
      readonly method: string;
      readonly type: string;
      readonly message?: string;
      readonly detail?: string;
      readonly times?: number;
    }
  /** The call returns a task, which ends with this fault. */
  | {
      readonly kind: 'task';
      readonly method: string;
      readonly type: string;
      readonly message?: string;
      readonly times?: number;
    }
  | { readonly kind: 'http'; readonly method: string; readonly status: number; readonly times?: number }
  /** The connection is reset before vCenter got the call, or after it did it but before it answered. */
  | { readonly kind: 'reset'; readonly method: string; readonly when: 'before' | 'after'; readonly times?: number }
  | { readonly kind: 'delay'; readonly method: string; readonly milliseconds: number; readonly times?: number }
  /**
   * Uploads of so many bytes or more end once these have arrived: with this status, or with the connection cut. What came
   * stays on the datastore, but with 500 and 507.
   */
  | {
      readonly kind: 'upload';
      readonly afterBytes: number;
      readonly status?: 401 | 500 | 503 | 507;
      readonly times?: number;
    };

/** The faults that wait for their call. */
export class Faults {
  #waiting: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The next fault for this call, counted as struck. */
  take(method: string): Fault | undefined {
    return this.#take((fault) => fault.kind !== 'upload' && fault.method === method);
  }

  /** The next fault for an upload of that size, counted as struck. */
  takeUpload(bytes: number): Extract<Fault, { kind: 'upload' }> | undefined {
    const fault = this.#take((candidate) => candidate.kind === 'upload' && candidate.afterBytes <= bytes);
    return fault?.kind === 'upload' ? fault : undefined;
  }

  #take(matches: (fault: Fault) => boolean): Fault | undefined {
    const found = this.#waiting.find(({ fault }) => matches(fault));
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#waiting = this.#waiting.filter((waiting) => waiting !== found);
    return found.fault;
  }
}
