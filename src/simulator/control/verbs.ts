/**
 * The control API of the stand-ins: named verbs over HTTP, for other processes.
 *
 * `GET /_control` lists the verbs. `POST /_control/{verb}` with a JSON object calls one; verbs that only
 * read answer to `GET` as well, with the same members as query parameters. Answers are JSON: 200 and
 * the result (`null` when there is none), or 400 `{error}`. Verbs and the members named in the list are
 * in snake_case. Refuses what another web page of this machine sends.
 */
import type { Hono } from "hono";
import { isOwnRequest } from "./own_request.ts";

/** The members of a call. */
export type Body = Readonly<Record<string, unknown>>;

export interface Verb {
  /** The members it reads; `?`: may be left out. */
  readonly takes: readonly string[];
  /** Changes nothing, so that `GET` will do. */
  readonly reads?: boolean;
  /** What it answers: a value for JSON, or a whole response. Throws what becomes `{error}`. */
  readonly call: (body: Body) => unknown;
}

export type Verbs = Readonly<Record<string, Verb>>;

/** Mounts the verbs under `/_control`. */
export function mountControl(app: Hono, verbs: Verbs): void {
  app.use("/_control/*", async (c, next) => {
    if (isOwnRequest(c.req.raw)) return await next();
    return c.json({ error: "Only this machine, and no other web page, may use the levers" }, 403);
  });
  app.get("/_control", (c) => {
    const list = Object.entries(verbs).map(([verb, { takes, reads = false }]) => {
      return { verb, takes, methods: reads ? ["GET", "POST"] : ["POST"] };
    });
    return c.json({ call: "POST /_control/{verb} with a JSON object", verbs: list });
  });
  app.on(["GET", "POST"], "/_control/:verb", async (c) => {
    const verb = c.req.param("verb");
    const row = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    const text = await c.req.text();
    if (!row) return c.json({ error: "No such verb: GET /_control lists them" }, 404);
    if (c.req.method === "GET" && !row.reads) return c.json({ error: "Use POST" }, 405);
    try {
      const body = c.req.method === "GET" ? c.req.query() : read(text);
      requireKnown(body, row);
      const result = await row.call(body);
      if (result instanceof Response) return result;
      return c.json(result === undefined ? null : result);
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : "Cannot do that" }, 400);
    }
  });
}

function read(text: string): Body {
  const value: unknown = text.trim() === "" ? {} : JSON.parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error("Cannot read body: not a JSON object");
}

/** A misspelt member would else be left out in silence. */
function requireKnown(body: Body, { takes }: Verb): void {
  // What begins with an ellipsis stands for members that the verb itself knows.
  if (takes.some((member) => member.startsWith("…"))) return;
  const known = takes.map((member) => /^\w+/.exec(member)?.[0]);
  const unknown = Object.keys(body).find((member) => !known.includes(member));
  if (unknown !== undefined) {
    throw new Error(`Cannot read ${unknown}: this verb takes no such member`);
  }
}

/** A member that must be a string. */
export function text(body: Body, name: string): string {
  const value = body[name];
  if (typeof value !== "string") throw new Error(`Cannot read ${name}: not a string`);
  return value;
}

/** A member that must be true or false. */
export function flag(body: Body, name: string): boolean {
  const value = body[name];
  if (typeof value !== "boolean") throw new Error(`Cannot read ${name}: not true or false`);
  return value;
}

/** A member that must be a number. */
export function number(body: Body, name: string): number {
  const value = body[name];
  if (typeof value !== "number") throw new Error(`Cannot read ${name}: not a number`);
  return value;
}

/** The longest wait that a timer can hold: 24 days and 20 hours. */
export const MOST_MS = 2 ** 31 - 1;

/** A wait in whole milliseconds. */
export function isWait(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_MS;
}

/** A result with its members in snake_case; SuperOffice's own, in PascalCase, stay as they are. */
export function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => {
    const isOurs = /^[a-z]/.test(name);
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [isOurs ? snake : name, inSnakeCase(member)];
  });
  return Object.fromEntries(members);
}
