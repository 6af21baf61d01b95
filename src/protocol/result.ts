/** A verdict. A refusal is data and travels as a value; a fault is an exception. */
export type Result<Value, Refused> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refused };

/** A verdict that is a value. */
export function accept<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

/** A verdict that is a refusal. */
export function refuse<Refused>(refusal: Refused): { readonly ok: false; readonly refusal: Refused } {
  return { ok: false, refusal };
}

/** Something that should work did not: storage, the keyring, the configuration. Never a caller's mistake. */
export class Fault extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Fault";
    this.code = code;
  }
}

/** `storage` and `keyring` pass by themselves or by an operator's hand; `configuration` only by the latter. */
export type FaultCode = "storage" | "keyring" | "configuration";
