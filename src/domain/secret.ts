/**
 * A value that must never be printed: system user tokens, tickets, client secrets, signed texts.
 * It refuses to show itself through string conversion, JSON or inspection; `reveal()` is the only
 * way out, and is easy to search for.
 */

const PLACEHOLDER = "[secret]";

/** A wrapped secret string. Prints as `[secret]` however it is printed. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Every call is a place to review. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return PLACEHOLDER;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return PLACEHOLDER;
  }
}
