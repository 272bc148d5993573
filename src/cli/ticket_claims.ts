/**
 * What may be shown of the token that an exchange answered with: its header, the claims that are on a
 * list, and which check said what. Judges nothing: that is the exchange's own work, done before.
 */

import { Buffer } from "node:buffer";
import { shown } from "../domain/shown_text.ts";
import { maskedTicket } from "./ticket_teller.ts";
import {
  IDENTITY_PREFIX as PREFIX,
  type TokenRefusal,
} from "../adapters/superoffice/token_reading.ts";
import { Secret } from "../domain/secret.ts";
import type { ExchangeAnswer } from "../usecases/superoffice_ports.ts";

const HEADER = ["alg", "typ", "kid", "x5t"];
const INSTANTS = ["iat", "nbf", "exp"];
const CLAIMS = [
  "iss",
  "aud",
  "sub",
  ...INSTANTS,
  ...[
    "ctx",
    "serial",
    "company_name",
    "associateid",
    "initials",
    "upn",
    "email",
    "is_administrator",
    "identityprovider",
    "webapi_url",
    "netserver_url",
  ].map((name) => PREFIX + name),
];

/** Hidden wherever they stand. */
const SECRETS = ["ticket", "system_token"].map((name) => PREFIX + name);

type Members = Readonly<Record<string, unknown>>;

/** @returns two lists of lines: header and claims; null where it is no JWT */
export function tokenLines(
  token: Secret,
): { readonly header: readonly string[]; readonly claims: readonly string[] } | null {
  const [header, claims] = token.reveal().split(".", 2).map(membersOf);
  if (!header || !claims) return null;
  return { header: linesOf(header, HEADER), claims: linesOf(claims, CLAIMS) };
}

/** @returns the secrets of a token's claims */
export function secretsOf(token: Secret): readonly Secret[] {
  const claims = membersOf(token.reveal().split(".")[1] ?? "") ?? {};
  return SECRETS.flatMap((name) => {
    const value = claims[name];
    return typeof value === "string" ? [new Secret(value)] : [];
  });
}

function membersOf(part: string): Members | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? value as Members : null;
  } catch {
    return null;
  }
}

/** Names come from outside, too: what is not on the list is only counted. */
function linesOf(members: Members, listed: readonly string[]): readonly string[] {
  const known = [...listed, ...SECRETS];
  const lines = known.filter((name) => Object.hasOwn(members, name)).map((name) =>
    `${name.replace(PREFIX, "").padEnd(17)} ${valueOf(name, members[name])}`
  );
  const others = Object.keys(members).filter((name) => !known.includes(name)).length;
  return others === 0 ? lines : [...lines, `and ${others} more, not shown`];
}

function valueOf(name: string, value: unknown): string {
  if (SECRETS.includes(name)) {
    return typeof value === "string" ? maskedTicket(new Secret(value)) : "not shown";
  }
  if (INSTANTS.includes(name)) return instantOf(value);
  const values = Array.isArray(value) ? value : [value];
  return values.every((one) => ["string", "number", "boolean"].includes(typeof one))
    ? shown(values.join(", "))
    : "not shown";
}

function instantOf(value: unknown): string {
  const date = new Date(Number(value) * 1000);
  return Number.isNaN(date.getTime()) ? "not shown" : date.toISOString().replace(".000", "");
}

/** In the order in which they are made, and by which word each says no. */
const CHECKS: readonly { readonly what: string; readonly no: readonly TokenRefusal[] }[] = [
  {
    what: "three parts, not too long, each readable in one way only",
    no: ["too_large", "malformed"],
  },
  {
    what: "signed with RS256, and nothing critical in the header",
    no: ["algorithm", "critical_header"],
  },
  { what: "by a key that SuperOffice publishes for this environment", no: ["unknown_key"] },
  { what: "the signature is that key's", no: ["signature"] },
  { what: "it is valid now", no: ["expired", "not_yet_valid"] },
  { what: "the issuer is SuperOffice AS", no: ["issuer"] },
  { what: "the audience is the tenant, by the serial stored at consent", no: ["audience"] },
  { what: "the serial is that one, too", no: ["serial"] },
  { what: "the context identifier is the tenant's", no: ["context"] },
  { what: "there is a ticket, and it is a system user's (7T:)", no: ["ticket"] },
];

/** @returns a line for each check that was made, up to the one that said no */
export function checkLines(answer: ExchangeAnswer): readonly string[] {
  if (answer.kind === "issued") return CHECKS.map(({ what }) => `✓ ${what}`);
  if (answer.kind === "refused") return [];
  const { reason } = answer;
  const failed = CHECKS.findIndex(({ no }) => no.some((word) => word === reason));
  if (failed < 0) return [`✗ ${reason}`];
  return CHECKS.slice(0, failed + 1).map(({ what }, place) =>
    place === failed ? `✗ ${what}: ${reason}` : `✓ ${what}`
  );
}
