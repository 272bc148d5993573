/**
 * The REST surface of Cloud KMS that a signer needs, and no more: `POST {name}:asymmetricSign`,
 * `GET {name}/publicKey`, `GET {name}`. Order of refusals: credential, name, permission, existence,
 * state, request. Whatever passes the credential and names a version is audited, served or not.
 */
import { Hono } from "hono";
import { publicKeyAnswer, signAnswer, spoil, versionAnswer } from "./answer.ts";
import { readSignRequest, signInput } from "./asymmetric_sign.ts";
import { type AuditLog, type MethodName, permissionOf } from "./audit.ts";
import { type EnumWriter, enumWriter } from "./enums.ts";
import type { Faults, KmsFault } from "./faults.ts";
import type { KeyVersion, KeyVersions } from "./key_versions.ts";
import { errorResponse, KmsError } from "./kms_error.ts";
import { isProjectNumber, parseResourceName, type ResourceName } from "./resource_name.ts";
import { faultAnswer, happens } from "./transport_faults.ts";

export interface ApiParts {
  readonly keyVersions: KeyVersions;
  readonly faults: Faults;
  readonly audit: AuditLog;
  readonly requireBearer: boolean;
  /** Told of every signature that the key has made. */
  readonly signed: () => void;
}

/** One call on its way. */
interface Call {
  readonly resource: ResourceName;
  readonly headers: Headers;
  readonly write: EnumWriter;
  readonly body: unknown;
}

export function createApi(parts: ApiParts): Hono {
  const app = new Hono();
  app.onError((error) =>
    errorResponse(error instanceof KmsError ? error : new KmsError("INTERNAL", error.message))
  );
  app.post("/v1/*", async (c) => {
    const name = nameOf(c.req.path, ":asymmetricSign");
    if (name === null) return c.notFound();
    requireCredential(parts, c.req.raw.headers);
    const body: unknown = await c.req.json().catch(() => {
      throw new KmsError("INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token.");
    });
    return serve(parts, "AsymmetricSign", callOf(c.req.raw, name, body), signOnce);
  });
  app.get("/v1/*", (c) => {
    requireCredential(parts, c.req.raw.headers);
    const name = nameOf(c.req.path, "/publicKey");
    if (name === null) return getVersion(parts, callOf(c.req.raw, c.req.path.slice(4), null));
    return serve(parts, "GetPublicKey", callOf(c.req.raw, name, null), getPublicKey);
  });
  return app;
}

type Answer = ReturnType<typeof signAnswer>;
type Act = (parts: ApiParts, version: KeyVersion, call: Call) => Answer;

/** Serves, audits and spoils one call that touches the key. */
function serve(
  parts: ApiParts,
  method: MethodName,
  call: Call,
  act: Act,
): Response | Promise<Response> {
  const armed = parts.faults.take(FAULT_METHODS[method]);
  const fault = armed?.fault ?? null;
  const digest = method === "AsymmetricSign" ? digestOf(call.body) : null;
  const record = (error: KmsError | null) =>
    parts.audit.record({ method, resource: call.resource, headers: call.headers, digest, error });
  let answer: Answer | null = null;
  if (fault === null || happens(fault)) {
    try {
      answer = act(parts, requireUsable(parts.keyVersions, call.resource), call);
      record(null);
    } catch (error) {
      const refused = error instanceof KmsError
        ? error
        : new KmsError("INTERNAL", "Internal error");
      record(refused);
      return errorResponse(refused);
    }
  }
  if (armed === null || fault === null) return Response.json(answer);
  const refusal = fault.kind === "status" ? statusError(fault, method, call.resource) : null;
  if (refusal && answer === null) record(refusal);
  if (refusal) return errorResponse(refusal);
  const spoilt = answer && spoil(answer, fault, call.write);
  return faultAnswer(fault, spoilt, armed.end);
}

const FAULT_METHODS = { AsymmetricSign: "asymmetricSign", GetPublicKey: "getPublicKey" } as const;

function signOnce({ signed }: ApiParts, version: KeyVersion, { body, write }: Call): Answer {
  const request = readSignRequest(version, body);
  const signature = signInput(version, request.input);
  signed();
  return signAnswer(version, request, signature, write);
}

function getPublicKey(_: ApiParts, version: KeyVersion, { write }: Call): Answer {
  return publicKeyAnswer(version, write);
}

function getVersion({ keyVersions }: ApiParts, { resource, write }: Call): Response {
  return Response.json(versionAnswer(requireVersion(keyVersions, resource), write));
}

function statusError(
  fault: KmsFault & { readonly kind: "status" },
  method: MethodName,
  resource: ResourceName,
): KmsError {
  const denied = `Permission '${permissionOf(method)}' denied on resource ` +
    `'${resource.cryptoKeyName}' (or it may not exist).`;
  const message = fault.status === "PERMISSION_DENIED" ? denied : SENTENCES[fault.status];
  return new KmsError(fault.status, fault.message ?? message ?? "The request failed.");
}

const SENTENCES: Readonly<Record<string, string>> = {
  RESOURCE_EXHAUSTED: "Quota exceeded for quota metric 'HSM asymmetric cryptographic requests'.",
  UNAVAILABLE: "The service is currently unavailable.",
  INTERNAL: "Internal error encountered.",
  DEADLINE_EXCEEDED: "Deadline expired before operation could complete.",
  INVALID_ARGUMENT: "Request contains an invalid argument.",
  UNAUTHENTICATED: "Request had invalid authentication credentials.",
};

function requireCredential({ requireBearer }: ApiParts, headers: Headers): void {
  if (!requireBearer || /^Bearer \S+$/.test(headers.get("authorization") ?? "")) return;
  throw new KmsError(
    "UNAUTHENTICATED",
    "Request is missing required authentication credential. Expected OAuth 2 access token.",
  );
}

function requireVersion(keyVersions: KeyVersions, { name }: ResourceName): KeyVersion {
  const version = keyVersions.get(name);
  if (version) return version;
  throw new KmsError("NOT_FOUND", `CryptoKeyVersion ${name} not found.`);
}

/** Signing and the public key both need ENABLED. Sources differ on the latter; this is the stricter. */
function requireUsable(keyVersions: KeyVersions, resource: ResourceName): KeyVersion {
  if (isProjectNumber(resource.project)) {
    // The refusal was seen in a live test; its status was not published.
    throw new KmsError("INVALID_ARGUMENT", "Name the project by its id, not by its number.");
  }
  const version = requireVersion(keyVersions, resource);
  const state = version.effectiveState;
  if (state === "ENABLED") return version;
  const violation = { type: `KEY_${state}`, subject: resource.name };
  throw new KmsError(
    "FAILED_PRECONDITION",
    `${resource.name} is not enabled, current state is: ${state}.`,
    [{ "@type": "type.googleapis.com/google.rpc.PreconditionFailure", violations: [violation] }],
  );
}

/** @returns the name between `/v1/` and the ending, or null if the path ends otherwise */
function nameOf(path: string, ending: string): string | null {
  return path.endsWith(ending) ? path.slice("/v1/".length, -ending.length) : null;
}

function callOf(request: Request, name: string, body: unknown): Call {
  const resource = parseResourceName(name);
  if (!resource) {
    throw new KmsError("INVALID_ARGUMENT", "The resource name is not that of a CryptoKeyVersion.");
  }
  const alt = new URL(request.url).searchParams.get("$alt") ?? undefined;
  return { resource, headers: request.headers, write: enumWriter(alt), body };
}

/** What the audit log shows of the digest: whatever was sent, if it can be read at all. */
function digestOf(body: unknown): { hash: string; bytes: Uint8Array } | null {
  const { digest } = Object(body);
  const [hash, text] = Object.entries(Object(digest))[0] ?? [];
  if (hash === undefined || typeof text !== "string") return null;
  return { hash, bytes: Uint8Array.from(atobOrEmpty(text), (char) => char.charCodeAt(0)) };
}

function atobOrEmpty(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}
