/**
 * The identity provider's login key: one RSA-2048 key that signs id_tokens and exchange tokens alike,
 * published as a JWK with the certificate it belongs to. Clients must not parse the key id.
 */
import type { Buffer } from "node:buffer";
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
} from "node:crypto";
import { selfIssuedCertificate } from "./certificate.ts";

export interface LoginKey {
  readonly privateKey: KeyObject;
  /** PEM (PKCS #8): what a snapshot keeps. */
  readonly pem: string;
  readonly publicPem: string;
  /** Upper-case hex SHA-1 of the certificate. */
  readonly kid: string;
  /** The same hash in base64url. */
  readonly x5t: string;
  readonly jwk: PublishedJwk;
}

/** One key of the JWKS document, members in the order seen on the wire. */
export interface PublishedJwk {
  readonly kty: "RSA";
  readonly use: "sig";
  readonly kid: string;
  readonly x5t: string;
  readonly e: string;
  readonly n: string;
  readonly x5c: readonly string[];
  readonly alg: "RS256";
}

/** A new login key. About a tenth of a second of work. */
export function generateLoginKey(): Promise<LoginKey> {
  return new Promise((resolve, reject) => {
    generateKeyPair("rsa", { modulusLength: 2048 }, (error, _publicKey, privateKey) => {
      if (error) reject(error);
      else resolve(loginKeyOf(privateKey));
    });
  });
}

/** The login key of a snapshot: same key, same certificate, same key id. */
export function readLoginKey(pem: string): LoginKey {
  return loginKeyOf(createPrivateKey(pem));
}

function loginKeyOf(privateKey: KeyObject): LoginKey {
  const leaf: Buffer = selfIssuedCertificate(
    privateKey,
    "SuperOffice Online Simulator Federated Login",
  );
  const publicKey = createPublicKey(privateKey);
  const { n = "", e = "" } = publicKey.export({ format: "jwk" }) as { n?: string; e?: string };
  const kid = createHash("sha1").update(leaf).digest("hex").toUpperCase();
  const x5t = createHash("sha1").update(leaf).digest("base64url");
  return {
    privateKey,
    pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    kid,
    x5t,
    jwk: { kty: "RSA", use: "sig", kid, x5t, e, n, x5c: [leaf.toString("base64")], alg: "RS256" },
  };
}
