/**
 * A Google access as a message to a worker, which takes neither a `Secret` nor a function: secrets are
 * opened on one side and wrapped again on the other, and whoever is to supply a token is asked back.
 */

import type { GoogleAccess, GoogleIdentity, IdentityToken } from "../../domain/google_identity.ts";
import { Secret } from "../../domain/secret.ts";

/** What can be posted. Holds secrets in the clear: for a worker of this very process. */
export interface WiredAccess {
  readonly identity: Wired<GoogleIdentity>;
  readonly isSupplied: boolean;
}

type Wired<T> = T extends Secret ? { readonly secret: string }
  : T extends object ? { readonly [K in keyof T]: Wired<T[K]> }
  : T;

export function toWire({ identity, identityToken }: GoogleAccess): WiredAccess {
  return {
    identity: opened(identity) as Wired<GoogleIdentity>,
    isSupplied: identityToken !== null,
  };
}

/** @param ask for the supplier's token, on the other side */
export function fromWire({ identity, isSupplied }: WiredAccess, ask: IdentityToken): GoogleAccess {
  return { identity: wrapped(identity) as GoogleIdentity, identityToken: isSupplied ? ask : null };
}

function opened(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.reveal() };
  return mapped(value, opened);
}

function wrapped(value: unknown): unknown {
  const { secret } = Object(value);
  return typeof secret === "string" ? new Secret(secret) : mapped(value, wrapped);
}

function mapped(value: unknown, each: (member: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, each(member)]));
}
