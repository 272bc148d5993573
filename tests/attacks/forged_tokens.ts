/** Ways to forge an identity token, each one step away from a valid one. */

import { Buffer } from "node:buffer";
import { assemble, encode, type Forgery, hmac, nothing, PREFIX, rsa } from "../support/forge.ts";

/** Name, and how the valid token becomes the forged one. */
export type Forged = readonly [name: string, forge: (from: Forgery) => string];

const now = () => Math.floor(Date.now() / 1000);

const alg = (name: unknown) => (from: Forgery) =>
  assemble({ ...from.header, alg: name }, from.claims, nothing);

const keepingSignature = (header: (from: Forgery) => unknown) => (from: Forgery) =>
  `${encode(header(from))}.${from.valid.split(".").slice(1).join(".")}`;

const hs256 = (key: (from: Forgery) => string | Uint8Array) => (from: Forgery) =>
  assemble({ ...from.header, alg: "HS256" }, from.claims, hmac(key(from)));

const ownKey = (header: (from: Forgery) => Record<string, unknown>) => (from: Forgery) =>
  assemble({ ...from.header, ...header(from) }, from.claims, rsa(from.own.privateKey));

const pem = (from: Forgery, type: "spki" | "pkcs1") =>
  from.publicKey.export({ type, format: "pem" }).toString();

const der = (from: Forgery, type: "spki" | "pkcs1") =>
  from.publicKey.export({ type, format: "der" });

/** Signed by somebody who is not SuperOffice, or by nobody. */
export const UNSIGNED: readonly Forged[] = [
  ...["none", "None", "NONE", "nOnE", " none", "", null, ["RS256"], undefined].map((name) =>
    [`alg ${JSON.stringify(name)}`, alg(name)] as const
  ),
  [
    "alg none with the valid signature",
    keepingSignature(({ header }) => ({ ...header, alg: "none" })),
  ],
  ["RS256 without a signature", (from) => assemble(from.header, from.claims, nothing)],
  ["HS256 keyed with the public key in PEM", hs256((from) => pem(from, "spki"))],
  ["HS256 keyed with that PEM, trimmed", hs256((from) => pem(from, "spki").trim())],
  ["HS256 keyed with the public key in PKCS #1 PEM", hs256((from) => pem(from, "pkcs1"))],
  ["HS256 keyed with the public key in DER", hs256((from) => der(from, "spki"))],
  ["HS256 keyed with the public key in PKCS #1 DER", hs256((from) => der(from, "pkcs1"))],
  ["HS256 keyed with the modulus as text", hs256((from) => from.jwk.n)],
  ["HS256 keyed with the modulus as bytes", hs256((from) => Buffer.from(from.jwk.n, "base64url"))],
  ["HS256 keyed with the certificate", hs256((from) => from.jwk.x5c[0]!)],
  ["HS256 keyed with the client secret", hs256((from) => from.clientSecret)],
  ["HS256 keyed with nothing", hs256(() => "")],
  ["RS256 over an HMAC", (from) => assemble(from.header, from.claims, hmac(pem(from, "spki")))],
  ["another key under the same kid", ownKey(() => ({}))],
  ["another key without a kid", ownKey(() => ({ kid: undefined }))],
  [
    "another key in its own jwk",
    ownKey((from) => ({ jwk: from.own.publicKey.export({ format: "jwk" }) })),
  ],
  ["another key and its own kid", ownKey(() => ({ kid: "FORGED" }))],
  ["another key at a jku", ownKey(() => ({ jku: "http://127.0.0.1:9/jwks", kid: "FORGED" }))],
  ["another key at an x5u", ownKey(() => ({ x5u: "http://127.0.0.1:9/cert", kid: "FORGED" }))],
  [
    "another key in an x5c",
    ownKey((from) => ({
      x5c: [from.own.publicKey.export({ type: "spki", format: "der" }).toString("base64")],
      kid: undefined,
    })),
  ],
  ["a kid that is a path", ownKey(() => ({ kid: "../../../../dev/null" }))],
  ["a kid that is a number", ownKey(() => ({ kid: 1 }))],
  ["a kid that is an empty text", ownKey(() => ({ kid: "" }))],
  ["another SuperOffice's token", ({ foreign }) => foreign],
  [
    "another SuperOffice's token under our kid",
    ({ foreign, header }) => `${encode(header)}.${foreign.split(".").slice(1).join(".")}`,
  ],
  ["claims changed after signing", (from) => {
    const [header, , signature] = from.valid.split(".");
    const claims = { ...from.claims, [`${PREFIX}system_token`]: "Forged App-0000000000" };
    return `${header}.${encode(claims)}.${signature}`;
  }],
  ["a header changed after signing", keepingSignature(({ header }) => ({ ...header, typ: "jwt" }))],
  ["half a signature", ({ valid }) => valid.slice(0, -171)],
  ["a fourth part", ({ valid }) => `${valid}.${valid.split(".")[2]}`],
  ["two parts", ({ valid }) => valid.split(".").slice(0, 2).join(".")],
  ["five parts, as if encrypted", ({ valid }) => `${valid}..`],
  ["white space around", ({ valid }) => ` ${valid}\n`],
  ["JSON serialization", ({ valid }) => {
    const [header, payload, signature] = valid.split(".");
    return JSON.stringify({ protected: header, payload, signature });
  }],
  ["a token of 20 KiB", (from) => from.mint({ claims: { padding: "x".repeat(20 * 1024) } })],
];

const claim = (name: string, value: unknown): Forged[1] => (from) =>
  from.mint({ claims: { [name]: value } });

const claims = (name: string, values: readonly unknown[], prefix = ""): Forged[] =>
  values.map((value) => {
    const text = JSON.stringify(value);
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    return [value === null ? `no ${name}` : `${name} ${shown}`, claim(prefix + name, value)];
  });

/** Signed by SuperOffice, but not what was asked for. */
export const WRONG: readonly Forged[] = [
  ["RS384 by SuperOffice's own key", (from) => from.mint({ alg: "RS384" })],
  ["RS512 by SuperOffice's own key", (from) => from.mint({ alg: "RS512" })],
  ["a critical header", (from) => from.mint({ header: { crit: ["exp"] } })],
  ["an unencoded payload", (from) => from.mint({ header: { crit: ["b64"], b64: false } })],
  ["an unknown kid", (from) => from.mint({ header: { kid: "0".repeat(40) } })],
  [
    "a kid in lower case",
    (from) => from.mint({ header: { kid: String(from.header.kid).toLowerCase() } }),
  ],
  ...claims("iss", [null, "", "https://sod.superoffice.com", "SuperOffice AS", ["x"], 7]),
  ["an issuer with a final slash", (from) => from.mint({ claims: { iss: `${from.claims.iss}/` } })],
  ["an issuer in a list", (from) => from.mint({ claims: { iss: [from.claims.iss] } })],
  [
    "an issuer in upper case",
    (from) => from.mint({ claims: { iss: String(from.claims.iss).toUpperCase() } }),
  ],
  ...claims("aud", [null, "", [], "0123456789abcdef0123456789abcdef", {}, 7, [[]]]),
  [
    "a foreign audience beside ours",
    (from) => from.mint({ claims: { aud: [from.claims.aud, "another-application"] } }),
  ],
  [
    "a part of our audience",
    (from) => from.mint({ claims: { aud: String(from.claims.aud).slice(0, -1) } }),
  ],
  [
    "our audience as a service principal",
    (from) => from.mint({ claims: { aud: `spn:${from.claims.aud}` } }),
  ],
  ...claims("nonce", [null, "", "another-nonce", 7, []]),
  ["a nonce in a list", (from) => from.mint({ claims: { nonce: [from.nonce] } })],
  ["a nonce with a tail", (from) => from.mint({ claims: { nonce: `${from.nonce}\u0000` } })],
  ...claims("ctx", [null, "", "Cust", "12345", "Cust-1", "Cust12345/..", 12345], PREFIX),
  ...claims("ctx", ["Cust1234567890123456", "Cust１２３４５", "Cuſt12345", "Cust12345\n"], PREFIX),
  ...claims("serial", [null, "", "12 34", "1e9", "-1", 1234567890, "1".repeat(21)], PREFIX),
  ...claims(
    "system_token",
    [null, "", 7, ["x"], {}, "x".repeat(513), "a\r\nb", "a\u0000b"],
    PREFIX,
  ),
  ...claims("company_name", ["a\nb", "x".repeat(257)], PREFIX),
  [
    "nobody who approved",
    (from) =>
      from.mint({ claims: { sub: null, [`${PREFIX}upn`]: null, [`${PREFIX}email`]: null } }),
  ],
  ["expired", (from) => from.mint({ claims: { exp: now() - 61 } })],
  ...claims("exp", [null, "9999999999", 0, -1, 1e300, [9999999999], true]),
  ["not yet valid", (from) => from.mint({ claims: { nbf: now() + 310 } })],
  ["issued in the future", (from) => from.mint({ claims: { iat: now() + 310 } })],
  ["issued in the future, as text", (from) => from.mint({ claims: { iat: String(now() + 310) } })],
  ...claims("nbf", ["soon", {}, -1]),
  ...claims("iat", ["yesterday", "", true]),
  ["an exchange token", (from) => from.mintExchange()],
  ["a legacy token", (from) => from.mintLegacy()],
];
