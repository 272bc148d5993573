/**
 * The REST surface of Cloud KMS: finds the method of a request, and serves, audits and spoils the call.
 * Beside it the one method of Cloud Logging that reads the audit log, which is itself not audited.
 * Order of refusals: credential, name, permission, existence, state, request. Whatever passes the
 * credential, names a resource and can be read is audited, served or not.
 */
import { Hono } from "hono";
import { isFromElsewhere, isRebound } from "../control/own_request.ts";
import type { Json } from "./answer.ts";
import { type AuditLog, protectedResource } from "./audit.ts";
import type { Call, World } from "./call.ts";
import { enumWriter } from "./enums.ts";
import type { Faults, KmsFault } from "./faults.ts";
import { errorResponse, KmsError } from "./kms_error.ts";
import { listLogEntries } from "./log_entries.ts";
import { type Method, route } from "./methods.ts";
import { isProjectNumber, parseResourceName, type ResourceName } from "./resource_name.ts";
import { spoil } from "./spoil.ts";
import { faultAnswer, happens } from "./transport_faults.ts";

export interface ApiParts {
  readonly world: World;
  readonly faults: Faults;
  readonly audit: AuditLog;
  /** Whether a credential is wanted now. */
  readonly requiresBearer: () => boolean;
  readonly acceptsBearer: (token: string) => boolean;
}

export function createApi(parts: ApiParts): Hono {
  const app = new Hono();
  app.onError((error) =>
    errorResponse(error instanceof KmsError ? error : new KmsError("INTERNAL", error.message))
  );
  app.all("/v1/*", async (c) => {
    const routed = route(c.req.method, c.req.path);
    if (routed === null) return c.notFound();
    requireProgram(c.req.raw);
    requireCredential(parts, c.req.raw.headers);
    const query = new URL(c.req.url).searchParams;
    const call: Call = {
      resource: requireName(routed.resource),
      headers: c.req.raw.headers,
      query,
      body: await readBody(c.req.raw),
      write: enumWriter(query.get("$alt")),
    };
    return await serve(parts, routed.method, call);
  });
  // Cloud Logging lives at a host of its own; here the log is where what it logs is.
  app.post("/v2/*", async (c) => {
    if (c.req.path !== "/v2/entries:list") return c.notFound();
    requireProgram(c.req.raw);
    requireCredential(parts, c.req.raw.headers);
    return c.json(listLogEntries(parts.audit.entries(), await readBody(c.req.raw)));
  });
  // So does the Resource Manager.
  app.post("/v3/*", (c) => {
    const project = /^\/v3\/(projects\/[^/:]+):getIamPolicy$/.exec(c.req.path)?.[1];
    if (project === undefined) return c.notFound();
    requireProgram(c.req.raw);
    requireCredential(parts, c.req.raw.headers);
    return c.json(parts.world.iamPolicies.get(project));
  });
  return app;
}

async function serve(parts: ApiParts, method: Method, call: Call): Promise<Response> {
  const armed = parts.faults.take(method.name);
  const fault = armed?.fault ?? null;
  const record = (answer: Json | null, error: KmsError | null) =>
    parts.audit.record({ method, ...call, answer, error });
  let answer: Json | null = null;
  if (fault === null || happens(fault)) {
    try {
      requireProjectId(call.resource);
      answer = await method.act(parts.world, call);
      record(answer, null);
    } catch (error) {
      const refused = error instanceof KmsError
        ? error
        : new KmsError("INTERNAL", "Internal error");
      record(null, refused);
      return errorResponse(refused);
    }
  }
  if (armed === null || fault === null) return Response.json(answer);
  const refusal = fault.kind === "status" ? statusError(fault, method, call.resource) : null;
  if (refusal && answer === null) record(null, refusal);
  if (refusal) return errorResponse(refusal);
  const spoilt = answer && spoil(answer, fault, call.write);
  return await faultAnswer(fault, spoilt, armed.end);
}

function statusError(
  fault: KmsFault & { readonly kind: "status" },
  { permission }: Method,
  resource: ResourceName,
): KmsError {
  const denied = `Permission '${permission}' denied on resource ` +
    `'${protectedResource(resource)}' (or it may not exist).`;
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

/** Not of Google: there a page has no credential, here none is needed. */
function requireProgram(request: Request): void {
  if (!isFromElsewhere(request) && !isRebound(request)) return;
  throw new KmsError("PERMISSION_DENIED", "A web page may not use the keys of this stand-in.");
}

function requireCredential({ requiresBearer, acceptsBearer }: ApiParts, headers: Headers): void {
  if (!requiresBearer()) return;
  const token = /^Bearer (\S+)$/.exec(headers.get("authorization") ?? "")?.[1];
  if (token !== undefined && acceptsBearer(token)) return;
  throw new KmsError(
    "UNAUTHENTICATED",
    token === undefined
      ? "Request is missing required authentication credential. Expected OAuth 2 access token."
      : SENTENCES["UNAUTHENTICATED"]!,
  );
}

function requireName(name: string): ResourceName {
  const resource = parseResourceName(name);
  if (resource) return resource;
  throw new KmsError("INVALID_ARGUMENT", `${name} is not the name of a resource.`);
}

/** Seen for signing in a live test, which did not publish the status; here it goes for every method. */
function requireProjectId({ project }: ResourceName): void {
  if (!isProjectNumber(project)) return;
  throw new KmsError("INVALID_ARGUMENT", "Name the project by its id, not by its number.");
}

/**
 * Google's client writes a message without members as `""`, which Google takes.
 * @returns null for a method that has no body
 */
async function readBody(request: Request): Promise<unknown> {
  if (request.method === "GET") return null;
  const text = await request.text();
  if (text === "" || text === '""') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new KmsError("INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token.");
  }
}
