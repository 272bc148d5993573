/**
 * Google's credentials in the environment. What is not named here of such a JSON does not get any
 * further. Tokens go to Google's hosts alone, whatever it names: whoever can write it must not learn them;
 * where one comes from it may name, and gets the headers that it holds itself. Never repeats a value. Pure.
 */

import type { Reader } from "./config_reader.ts";
import type {
  GoogleIdentity,
  ServiceAccountKey,
  SubjectTokenSource,
  WorkloadFederation,
} from "./domain/google_identity.ts";
import { Secret } from "./domain/secret.ts";

/** Who we are at Google. */
export type GoogleConfig =
  /** As Google's libraries find out: a credential file, the machine we run on. */
  | { readonly kind: "default" }
  /** `GOOGLE_CREDENTIALS` */
  | { readonly kind: "credentials"; readonly identity: GoogleIdentity }
  /** What Deno Deploy says: of use with its tokens only. */
  | { readonly kind: "platform"; readonly identity: WorkloadFederation };

const NAME = "GOOGLE_CREDENTIALS";
const PROVIDER = "GCP_WORKLOAD_PROVIDER_ID";
const ACCOUNT = "GCP_SERVICE_ACCOUNT_EMAIL";
const LOGGING = "GOOGLE_SDK_NODE_LOGGING";

/** Reads `GOOGLE_CREDENTIALS`; without it, what Deno Deploy sets for a connected project. */
export function readGoogle(reader: Reader): GoogleConfig {
  if (reader.has(LOGGING)) {
    reader.problem(LOGGING, "must be unset: it makes Google's client print tokens and signatures");
  }
  const text = reader.text(NAME);
  if (text === null) return readPlatform(reader);
  const identity = parseIdentity(text, (problem) => reader.problem(NAME, problem));
  return identity === null ? { kind: "default" } : { kind: "credentials", identity };
}

function readPlatform(reader: Reader): GoogleConfig {
  const [text, email] = [reader.text(PROVIDER), reader.text(ACCOUNT)];
  if (text === null) return { kind: "default" };
  const name = text.replace(/^(?:https:)?\/\/iam\.googleapis\.com\//, "");
  const audience = `//iam.googleapis.com/${name}`;
  if (!AUDIENCE.test(audience)) {
    reader.problem(
      PROVIDER,
      "is not projects/N/locations/global/workloadIdentityPools/…/providers/…",
    );
  }
  if (email !== null && !EMAIL.test(email)) reader.problem(ACCOUNT, "is no service account");
  const impersonation = email === null
    ? null
    : { url: `${IMPERSONATION}${email}:generateAccessToken`, lifetimeSeconds: LIFETIME };
  const identity: WorkloadFederation = {
    kind: "federation",
    audience,
    subjectTokenType: `${TOKEN_TYPE}jwt`,
    tokenUrl: TOKEN_URL,
    impersonation,
    source: { kind: "supplier" },
  };
  return { kind: "platform", identity };
}

type Complain = (problem: string) => void;
type Members = Readonly<Record<string, unknown>>;

/** @returns null with a problem, or several, told */
function parseIdentity(text: string, complain: Complain): GoogleIdentity | null {
  let told = 0;
  const tell: Complain = (problem) => {
    told++;
    complain(problem);
  };
  const json = objectOf(text);
  if (json === null) {
    tell("is no JSON object: give the content of the file, not its path");
    return null;
  }
  const universe = json["universe_domain"] ?? "googleapis.com";
  if (universe !== "googleapis.com") tell("universe_domain is not googleapis.com");
  const identity = identityOf(json, tell);
  return told === 0 ? identity : null;
}

function identityOf(json: Members, tell: Complain): GoogleIdentity | null {
  switch (json["type"]) {
    case "service_account":
      return serviceAccountOf(json, tell);
    case "external_account":
      return federationOf(json, tell);
    default:
      tell("type is neither service_account nor external_account");
      return null;
  }
}

function serviceAccountOf(json: Members, tell: Complain): ServiceAccountKey {
  const email = textIn(json, "client_email");
  if (!EMAIL.test(email)) tell("client_email is missing, or no service account");
  const pem = textIn(json, "private_key");
  if (!PEM.test(pem)) tell("private_key is missing, or no private key in PEM (PKCS#8)");
  // Of no use to us: we sign our tokens ourselves. Whoever bent it may have bent more.
  if (!TOKEN_URIS.includes(textIn(json, "token_uri", TOKEN_URIS[0]))) {
    tell("token_uri is not Google's");
  }
  const keyId = textIn(json, "private_key_id");
  return {
    kind: "service_account",
    email,
    keyId: keyId === "" ? null : keyId,
    privateKey: new Secret(pem),
  };
}

function federationOf(json: Members, tell: Complain): WorkloadFederation {
  const audience = textIn(json, "audience");
  if (!AUDIENCE.test(audience)) {
    tell("audience is missing, or no //iam.googleapis.com/projects/N/…/providers/…");
  }
  const subjectTokenType = textIn(json, "subject_token_type");
  if (!TOKEN_TYPES.some((type) => subjectTokenType === `${TOKEN_TYPE}${type}`)) {
    tell(`subject_token_type is not ${TOKEN_TYPE} with ${TOKEN_TYPES.join(", ")}`);
  }
  const tokenUrl = textIn(json, "token_url", TOKEN_URL);
  if (!TOKEN_URLS.test(tokenUrl)) tell("token_url is not Google's (https://sts.googleapis.com/…)");
  return {
    kind: "federation",
    audience,
    subjectTokenType,
    tokenUrl,
    impersonation: impersonationOf(json, tell),
    source: sourceOf(json["credential_source"], tell),
  };
}

function impersonationOf(json: Members, tell: Complain): WorkloadFederation["impersonation"] {
  if (json["service_account_impersonation_url"] === undefined) return null;
  const url = textIn(json, "service_account_impersonation_url");
  if (!IMPERSONATION_URLS.test(url)) {
    tell(
      "service_account_impersonation_url is not Google's (https://iamcredentials.googleapis.com/…)",
    );
  }
  const given = Object(json["service_account_impersonation"])["token_lifetime_seconds"];
  const isNumber = typeof given === "string" || typeof given === "number";
  const lifetimeSeconds = isNumber ? Number(given) : given === undefined ? LIFETIME : NaN;
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 600 || lifetimeSeconds > 43_200) {
    tell("token_lifetime_seconds is not a whole number from 600 to 43200");
  }
  return { url, lifetimeSeconds };
}

function sourceOf(given: unknown, tell: Complain): SubjectTokenSource {
  if (given === undefined) return { kind: "supplier" };
  const source: Members = Object(given);
  const refused = REFUSED.find((member) => source[member] !== undefined);
  if (refused !== undefined) {
    tell(`credential_source.${refused} is not taken: only file and url are`);
  }
  const [path, address] = [textIn(source, "file"), textIn(source, "url")];
  if (refused === undefined && (path === "") === (address === "")) {
    tell("credential_source names neither file nor url, or both");
  }
  const { type = "text", ...format }: Members = Object(source["format"] ?? {});
  const field = type === "json" ? textIn(format, "subject_token_field_name") : null;
  if ((type !== "text" && type !== "json") || field === "") {
    tell("credential_source.format is neither text nor json with a subject_token_field_name");
  }
  if (path !== "") return { kind: "file", path, field };
  if (address !== "" && !isSource(address)) {
    tell("credential_source.url must be https: plain http is for this machine's own services only");
  }
  const headers = source["headers"] ?? {};
  if (!areHeaders(headers)) {
    tell("credential_source.headers is no object of names and texts that may be sent as headers");
  }
  const secret = new Secret(JSON.stringify(headers));
  return { kind: "url", url: new Secret(address), headers: secret, field };
}

function areHeaders(value: unknown): boolean {
  if (typeof value !== "object" || Array.isArray(value)) return false;
  const entries = Object.entries(Object(value));
  try {
    // Refuses names and values that would be more than one header. The error repeats them.
    for (const [name, text] of entries) new Headers([[name, text as string]]);
    return entries.every(([, text]) => typeof text === "string");
  } catch {
    return false;
  }
}

/** An https address, or one that does not leave the machine: clouds tell machines about themselves there. */
function isSource(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && LOCAL.test(url.hostname));
}

/** @returns the text; the other one where there is nothing, and an empty one where there is no text */
function textIn(members: Members, name: string, otherwise = ""): string {
  const value = members[name] ?? otherwise;
  return typeof value === "string" ? value : "";
}

function objectOf(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value as Members | null : null;
  } catch {
    return null;
  }
}

const LIFETIME = 3600;
const TOKEN_URL = "https://sts.googleapis.com/v1/token";
const IMPERSONATION = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:";
const TOKEN_TYPES = ["jwt", "id_token", "saml2"];

/** Sources of a token that run programs, or are another cloud's own: Google's library knows more of them. */
const REFUSED = ["executable", "environment_id", "certificate"];

const EMAIL = /^[a-z0-9.-]{1,100}@[a-z0-9.-]{1,100}\.gserviceaccount\.com$/;
const PEM = /^-----BEGIN PRIVATE KEY-----\s[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----\s*$/;
const AUDIENCE =
  /^\/\/iam\.googleapis\.com\/projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9.-]{1,100}\/providers\/[a-z0-9-]{1,100}$/;
/** The second is that of old key files. */
const TOKEN_URIS = [
  "https://oauth2.googleapis.com/token",
  "https://accounts.google.com/o/oauth2/token",
];
/** Google's, or those of one of its regions. */
const TOKEN_URLS = /^https:\/\/sts(?:\.[a-z0-9-]{1,40}\.rep)?\.googleapis\.com\/v1\/token$/;
const IMPERSONATION_URLS =
  /^https:\/\/iamcredentials(?:\.[a-z0-9-]{1,40}\.rep)?\.googleapis\.com\/v1\/projects\/-\/serviceAccounts\/[a-z0-9.-]{1,100}@[a-z0-9.-]{1,100}\.gserviceaccount\.com:generateAccessToken$/;
const LOCAL = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|169\.254\.169\.254)$/;
