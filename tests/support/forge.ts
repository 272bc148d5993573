/**
 * Forged tokens, made from one valid token of the simulated SuperOffice. What only a liar would make is
 * put together here by hand; what SuperOffice itself could sign wrongly, its control mints.
 */

import { Buffer } from "node:buffer";
import { createHmac, createPublicKey, type KeyObject, sign } from "node:crypto";
import type { TokenBend } from "../../src/simulator/superoffice/behaviour.ts";
import type { SuperOfficeSimulator } from "../../src/simulator/superoffice/server.ts";
import { testKey } from "./test_keys.ts";

/** Prefix of SuperOffice's own claims. */
export const PREFIX = "http://schemes.superoffice.net/identity/";

export type Members = Record<string, unknown>;

/** What a forger has at hand. */
export interface Forgery {
  /** Valid for the consent at hand. */
  readonly valid: string;
  readonly nonce: string;
  readonly header: Members;
  readonly claims: Members;
  /** SuperOffice's public key, as everybody can fetch it. */
  readonly publicKey: KeyObject;
  readonly jwk: PublishedKey;
  /** The forger's own key pair. */
  readonly own: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly clientSecret: string;
  /** A token that SuperOffice signed with another content. */
  mint(bend: TokenBend): string;
  mintExchange(): string;
  mintLegacy(): string;
  /** Another SuperOffice environment's token with the same nonce for the same tenant. */
  readonly foreign: string;
}

/** An RSA key as SuperOffice publishes it. */
interface PublishedKey {
  readonly kty: string;
  readonly n: string;
  readonly e: string;
  readonly x5c: readonly string[];
}

const privateKey = testKey("rsa2048");
const own = { privateKey, publicKey: createPublicKey(privateKey) };

/** SuperOffice's published key. */
export async function publishedKey(simulator: SuperOfficeSimulator): Promise<Forgery["jwk"]> {
  const response = await fetch(new URL("/login/.well-known/jwks", simulator.url));
  return (await response.json()).keys[0];
}

export function forgeryOf(
  { simulator, other, jwk, ctx, nonce }: {
    readonly simulator: SuperOfficeSimulator;
    readonly other: SuperOfficeSimulator;
    readonly jwk: Forgery["jwk"];
    readonly ctx: string;
    readonly nonce: string;
  },
): Forgery {
  const { control } = simulator;
  const valid = control.mintIdToken({ ctx, nonce });
  const [header, claims] = valid.split(".").map((part) => {
    return part === undefined ? {} : readPart(part);
  });
  return {
    valid,
    nonce,
    header: header!,
    claims: claims!,
    jwk,
    publicKey: createPublicKey({ key: { ...jwk }, format: "jwk" }),
    own,
    clientSecret: simulator.clientSecret,
    mint: (bend) => control.mintIdToken({ ctx, nonce, ...bend }),
    mintExchange: () => control.mintExchangeToken({ ctx, claims: { nonce } }),
    mintLegacy: () => control.mintLegacyToken({ ctx, claims: { nonce } }),
    foreign: other.control.mintIdToken({ ctx, nonce, claims: { aud: simulator.clientId } }),
  };
}

/** A JWS over any header, claims and signature. */
export function assemble(
  header: unknown,
  claims: unknown,
  signer: (input: string) => Uint8Array,
): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${Buffer.from(signer(input)).toString("base64url")}`;
}

export const hmac = (key: string | Uint8Array) => (input: string): Uint8Array =>
  createHmac("sha256", key).update(input).digest();

export const rsa = (key: KeyObject) => (input: string): Uint8Array =>
  sign("sha256", Buffer.from(input), key);

export const nothing = (): Uint8Array => new Uint8Array();

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function readPart(part: string): Members {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return {};
  }
}

/**
 * Other spellings of the same signature: a verifier that accepts one lets a used token pass for a
 * new one.
 */
export function respelled(token: string, modulus: string): Record<string, string> {
  const [header, claims, signature] = token.split(".") as [string, string, string];
  const bytes = Buffer.from(signature, "base64url");
  const with_ = (text: string) => `${header}.${claims}.${text}`;
  const plus = BigInt(`0x${bytes.toString("hex")}`) + number(modulus);
  const last = signature.length - 1;
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const stray = alphabet[alphabet.indexOf(signature[last]!) | 1]!;
  return {
    "padded": with_(`${signature}==`),
    "in the other alphabet": with_(`${bytes.toString("base64")}`),
    "with stray bits": with_(signature.slice(0, last) + stray),
    "with a line break": with_(`${signature}\n`),
    "with a space in the middle": with_(`${signature.slice(0, 9)} ${signature.slice(9)}`),
    "with a leading zero byte": with_(Buffer.concat([Buffer.of(0), bytes]).toString("base64url")),
    "with a trailing zero byte": with_(Buffer.concat([bytes, Buffer.of(0)]).toString("base64url")),
    "plus the modulus": with_(
      Buffer.from(plus.toString(16).padStart(514, "0"), "hex").toString("base64url"),
    ),
    "percent-encoded": with_(signature).replaceAll(".", "%2E"),
  };
}

function number(base64url: string): bigint {
  return BigInt(`0x${Buffer.from(base64url, "base64url").toString("hex")}`);
}
