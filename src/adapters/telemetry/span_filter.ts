/**
 * Keeps out of spans what the runtime would put there of its own accord: the query of every address, in
 * and out (a callback may bring a code, a relayed call may ask for a person by name), the words of foreign
 * errors, which may repeat an address, and all of an address but its origin where the path is a secret. It has
 * to be done before the span gets them: a span keeps every value that it was ever given.
 */

import { trace } from "@opentelemetry/api";

/** What is used of a span's class. */
interface SpanMethods {
  setAttribute(this: object, name: string, value: unknown): unknown;
  setAttributes(this: object, attributes: Readonly<Record<string, unknown>>): unknown;
  setStatus(this: object, status: { readonly code: number; readonly message?: string }): unknown;
  recordException(this: object): unknown;
}

/** What the words of an error are told as. */
const WORDS = new Set(["exception.message", "exception.stacktrace"]);

/**
 * Filters every span of this thread from now on.
 *
 * @param secretOrigins of addresses whose path is not told
 */
export function filterSpans(secretOrigins: readonly string[] = []): void {
  const probe = trace.getTracer("box-office").startSpan("probe");
  // The runtime's own spans are of the same class. The probe is never ended, so nobody hears of it.
  const methods: SpanMethods = Object.getPrototypeOf(probe);
  const { setAttribute, setStatus } = methods;
  const hidden = new WeakSet<object>();

  methods.setAttribute = function (name, value) {
    if (name === "url.query" || WORDS.has(name)) return this;
    if (name === "url.path" && hidden.has(this)) return this;
    if (name !== "url.full") return setAttribute.call(this, name, value);
    const url = URL.canParse(String(value)) ? new URL(String(value)) : null;
    const isHidden = url === null || secretOrigins.includes(url.origin);
    if (isHidden) hidden.add(this);
    const shown = url === null ? "" : url.origin + (isHidden ? "" : url.pathname);
    return setAttribute.call(this, name, shown);
  };
  methods.setAttributes = function (attributes) {
    for (const [name, value] of Object.entries(attributes)) {
      methods.setAttribute.call(this, name, value);
    }
    return this;
  };
  methods.recordException = function () {
    return this;
  };
  methods.setStatus = function ({ code }) {
    return setStatus.call(this, { code });
  };
}
