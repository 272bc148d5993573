/**
 * The published keys of one issuer of callers' tokens, by OpenID Connect discovery. Refuses a
 * document of another issuer and keys at an address that is less safe than the issuer's own.
 */

import type { PartFaultReason } from "../../domain/part_fault.ts";
import { parseSecureUrl } from "../../domain/secure_url.ts";
import { createOutbound, jsonObject, type Outbound } from "../outbound/http.ts";
import { createKeySet, type KeySet } from "../outbound/key_set.ts";

/** An issuer that gives no keys. `reason` is one constant word for the log. */
export class IssuerFault extends Error {
  override readonly name = "IssuerFault";
  readonly reason: PartFaultReason;

  constructor(reason: PartFaultReason) {
    super(`Cannot read the issuer's keys: ${reason}`);
    this.reason = reason;
  }
}

export interface IssuerKeysOptions {
  /** https, or http for loopback. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** For each of the two calls. */
  readonly timeoutMs: number;
  readonly fetch?: typeof fetch;
}

/**
 * Keys are remembered for 10 minutes, up to 24 hours while the issuer is down; an unknown `kid`
 * fetches again at most once a minute. `find` throws `IssuerFault` when there are none at all.
 */
export function createIssuerKeys(options: IssuerKeysOptions): KeySet {
  const { issuer, now } = options;
  const calls = createOutbound({
    timeoutMs: options.timeoutMs,
    fault: (reason) => new IssuerFault(reason),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  return createKeySet({
    load: async () => {
      const discovery = new URL(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
      const document = await getJson(calls, discovery);
      const jwksUri = parseSecureUrl(document.jwks_uri);
      const isSafe = jwksUri?.protocol === "https:" || discovery.protocol === "http:";
      if (document.issuer !== issuer || jwksUri === null || !isSafe) {
        throw new IssuerFault("protocol");
      }
      return await getJson(calls, jwksUri);
    },
    unreadable: () => new IssuerFault("protocol"),
    now,
    pauseMs: 60_000,
  });
}

async function getJson(calls: Outbound, url: URL): Promise<Readonly<Record<string, unknown>>> {
  const answer = await calls({ method: "GET", url, headers: { accept: "application/json" } });
  if (answer.status !== 200) throw new IssuerFault("status");
  const value = jsonObject(answer);
  if (value === null) throw new IssuerFault("protocol");
  return value;
}
