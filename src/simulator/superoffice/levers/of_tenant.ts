/** Verbs about one tenant, which is always called `context_identifier`. */
import { text, type Verb } from "../../control/verbs.ts";

export const ctx = "context_identifier";

/** A verb that takes a tenant and nothing else. */
export function ofTenant(call: (tenant: string) => unknown): Verb {
  return { takes: [ctx], call: (body) => call(text(body, ctx)) };
}
