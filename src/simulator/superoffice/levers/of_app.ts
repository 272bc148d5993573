/** Verbs about one app, which is always called `client_id` and is the first one when it is left out. */
import { type Body, text, type Verb } from "../../control/verbs.ts";
import { ctx } from "./of_tenant.ts";

export const clientId = "client_id";

/** The app a call is about; undefined: the first. */
export function clientIdOf(body: Body): string | undefined {
  return clientId in body ? text(body, clientId) : undefined;
}

/** A verb about what ties an app to a tenant. */
export function ofAuthorization(call: (tenant: string, app?: string) => unknown): Verb {
  return {
    takes: [ctx, `${clientId}?`],
    call: (body) => call(text(body, ctx), clientIdOf(body)),
  };
}
