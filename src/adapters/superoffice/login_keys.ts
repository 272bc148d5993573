/**
 * SuperOffice's login keys: discovery document and JWKS of the configured environment, remembered.
 * Refuses a document of another issuer or one that points away from the configured origin, so that
 * nothing but that origin decides which keys are SuperOffice's.
 */

import { createKeySet, type KeyHint } from "../outbound/key_set.ts";
import { createRemembered } from "../outbound/remembered.ts";
import type { CryptoKey } from "jose";
import type { Endpoints } from "./endpoints.ts";
import { type CallOptions, createCalls, getJson, superOfficeFault } from "./http.ts";

/** What we use of the discovery document (OpenID Connect Discovery 1.0, section 3). */
export interface LoginMetadata {
  readonly authorizationEndpoint: URL;
  readonly tokenEndpoint: URL;
  readonly jwksUri: URL;
}

export interface LoginKeys {
  /** @throws PartFault when it cannot be had and none is remembered */
  metadata(): Promise<LoginMetadata>;
  /**
   * The RS256 key for a token. Remembered for 10 minutes, up to 24 hours while SuperOffice is
   * down; an unknown `kid` fetches again at most once per 30 seconds.
   *
   * @returns null if the key is unknown, or without a `kid` not the only one
   * @throws PartFault when there are no keys at all
   */
  find(kid: string | undefined): Promise<CryptoKey | null>;
}

export interface LoginKeysOptions extends CallOptions {
  readonly endpoints: Endpoints;
  /** Stands before what is fetched; what is remembered needs no leave. */
  readonly guard?: <T>(fetching: () => Promise<T>) => Promise<T>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createLoginKeys(options: LoginKeysOptions): LoginKeys {
  const { endpoints, now, guard = (fetching) => fetching() } = options;
  const calls = createCalls(options);
  const metadata = createRemembered({
    load: () =>
      guard(async () => readMetadata(await getJson(calls, endpoints.discovery), endpoints.issuer)),
    freshMs: 10 * 60_000,
    staleMs: 24 * 3_600_000,
    pauseMs: 30_000,
    // Whoever meets this is a person on the way to sign in.
    retryMs: 1000,
    now,
  });
  const keys = createKeySet({
    load: async () => {
      const { jwksUri } = await metadata.get();
      return await guard(async () => {
        const value = await getJson(calls, jwksUri);
        // A set without a signing key would replace good keys by none.
        if (!hasRsaKey(value)) throw superOfficeFault("protocol");
        return value;
      });
    },
    unreadable: () => superOfficeFault("protocol"),
    now,
  });
  return {
    metadata: () => metadata.get(),
    find(kid) {
      const hint: KeyHint = kid === undefined ? { alg: "RS256" } : { alg: "RS256", kid };
      return keys.find(hint);
    },
  };
}

function readMetadata(
  document: Readonly<Record<string, unknown>>,
  issuer: string,
): LoginMetadata {
  if (document.issuer !== issuer) throw superOfficeFault("protocol");
  const onOrigin = (name: string): URL => {
    const text = document[name];
    if (typeof text !== "string" || !URL.canParse(text)) throw superOfficeFault("protocol");
    const url = new URL(text);
    const plain = url.username === "" && url.password === "" && url.hash === "";
    if (url.origin !== issuer || !plain) throw superOfficeFault("protocol");
    return url;
  };
  return {
    authorizationEndpoint: onOrigin("authorization_endpoint"),
    tokenEndpoint: onOrigin("token_endpoint"),
    jwksUri: onOrigin("jwks_uri"),
  };
}

function hasRsaKey(set: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(set.keys) &&
    set.keys.some((key: { readonly kty?: unknown } | null) => key?.kty === "RSA");
}
