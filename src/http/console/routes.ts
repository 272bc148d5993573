/**
 * The console for security teams, below `/console`: an app of its own, loaded when somebody first asks
 * for it. Every page but signing in belongs to a session, and every answer but the stylesheet is a page,
 * whatever was asked. Reads only.
 */

import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import type { Refusal } from "../../domain/refusal.ts";
import type { Session, Visit } from "../../usecases/console_sessions.ts";
import type { Log } from "../../usecases/ports.ts";
import { CONSOLE_PATH, type ConsoleParts } from "../app_parts.ts";
import { limitBodies } from "../body_limit.ts";
import type { Env } from "../context.ts";
import { allowedMethods } from "../methods.ts";
import { withTolls } from "../tolls.ts";
import { badFilterPage, changedEntryPage, entriesPage } from "./entries_page.ts";
import { readFilters } from "./filters.ts";
import { type View, wordPage } from "./frame.ts";
import { overviewPage } from "./overview_page.ts";
import { createSessionCookie, isOwnForm, readCredential, type SessionCookie } from "./session.ts";
import { signInPage, type SignInProblem } from "./sign_in_page.ts";
import { CONSOLE_STYLE } from "./style.ts";
import { tenantsPage } from "./tenants_page.ts";
import { isChanged } from "./verifying.ts";

export interface ConsoleRoutesParts extends ConsoleParts {
  /** Origin that browsers use. */
  readonly publicUrl: URL;
  readonly log: Log;
}

/** What the app gets with each request. */
export interface ConsoleBindings {
  readonly requestId: string;
}

type Ctx = Context<Env>;
type Answer = Response | Promise<Response>;

const SIGN_IN = `${CONSOLE_PATH}/sign-in`;

/** Longer than any form of ours. */
const MAX_FORM_BYTES = 64 * 1024;

/** Entries on one page. */
const PAGE = 50;

export function createConsoleRoutes(parts: ConsoleRoutesParts): Hono<Env> {
  const { log } = parts;
  const app = new Hono<Env>();
  const cookie = createSessionCookie(parts.publicUrl);
  app.use(createMiddleware<Env>(async (c, next) => {
    c.set("requestId", (c.env as ConsoleBindings).requestId);
    await next();
  }));
  app.use(limitBodies(MAX_FORM_BYTES, (c) => notUnderstood(c, 413)));
  app.get(`${CONSOLE_PATH}/style.css`, (c) =>
    c.body(CONSOLE_STYLE, 200, {
      "content-type": "text/css; charset=utf-8",
      "cache-control": "public, max-age=3600",
    }));
  signingRoutes(app, parts, cookie);
  pageRoutes(app, parts, signedIn(parts, cookie));
  app.notFound((c) => {
    const methods = allowedMethods(app.routes, c.req.path);
    if (methods.length === 0) return say(c, 404, "There is nothing here", BEGIN);
    c.header("allow", methods.join(", "));
    return say(c, 405, "That did not work", "This page does not take what your browser sent.");
  });
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status < 500) return notUnderstood(c, 400);
    log.error("http.fault", { error, request_id: c.get("requestId") });
    c.header("retry-after", "10");
    return say(c, 503, "Please try again", "Something failed on our side.");
  });
  return app;
}

const BEGIN = "Please begin at the overview.";

/** Into a session and out of it. */
function signingRoutes(
  app: Hono<Env>,
  { sessions, publicUrl, log }: ConsoleRoutesParts,
  cookie: SessionCookie,
): void {
  app.get(SIGN_IN, (c) => signIn(c, "none"));

  app.post(SIGN_IN, async (c): Promise<Response> => {
    if (!isOwnForm(c, publicUrl)) return await foreignForm(c);
    const credential = await readCredential(c);
    if (credential === null) return await signIn(c, "not_understood");
    const visit = await sessions.begin(credential, c.get("requestId"));
    if (visit.kind !== "known") return await turnedAway(c, visit, cookie);
    log.info("auditor.signed_in", { caller: visit.caller.id, request_id: c.get("requestId") });
    cookie.write(c, visit.session);
    return withTolls(c.redirect(CONSOLE_PATH, 303), visit.session.toll);
  });

  app.post(`${CONSOLE_PATH}/sign-out`, (c) => {
    if (!isOwnForm(c, publicUrl)) return foreignForm(c);
    cookie.clear(c);
    return c.redirect(SIGN_IN, 303);
  });
}

/** Each request is judged anew; an answer brings the session's next cookie. */
function signedIn({ sessions }: ConsoleRoutesParts, cookie: SessionCookie) {
  return createMiddleware<Env>(async (c, next) => {
    const sealed = cookie.read(c);
    const visit = await sessions.resume(sealed, c.get("requestId"));
    if (visit.kind === "nobody") {
      if (sealed !== null) cookie.clear(c);
      return c.redirect(SIGN_IN, 303);
    }
    if (visit.kind !== "known") return await turnedAway(c, visit, cookie);
    c.set("caller", visit.caller);
    cookie.write(c, visit.session);
    await next();
    withTolls(c.res, visit.session.toll);
    return undefined;
  });
}

function pageRoutes(
  app: Hono<Env>,
  { ledgerConsole, now, publicUrl: { origin } }: ConsoleRoutesParts,
  session: ReturnType<typeof signedIn>,
): void {
  const view = (c: Ctx, title: string): View & { readonly now: number } => ({
    title,
    caller: c.get("caller").id,
    path: c.req.path,
    requestId: c.get("requestId"),
    now: now(),
  });

  app.get(CONSOLE_PATH, session, async (c) => {
    const outcome = await ledgerConsole.overview(c.get("caller"));
    if (!outcome.ok) return refused(c, outcome.refusal);
    return c.html(overviewPage(view(c, "Overview"), outcome.value, origin));
  });

  app.get(`${CONSOLE_PATH}/entries`, session, async (c) => {
    const filters = readFilters(new URL(c.req.url).searchParams);
    if (!filters.ok) {
      return c.html(badFilterPage(view(c, "Entries"), filters.bad, filters.texts), 400);
    }
    const { filter, before } = filters;
    const outcome = await ledgerConsole.entries(c.get("caller"), { filter, before, limit: PAGE });
    // No pause to come again after: it will not be better then.
    if (isChanged(outcome)) {
      return c.html(changedEntryPage(view(c, "Entries"), filters, origin), 503);
    }
    if (!outcome.ok) return refused(c, outcome.refusal);
    return c.html(entriesPage(view(c, "Entries"), outcome.value, filters));
  });

  app.get(`${CONSOLE_PATH}/tenants`, session, async (c) => {
    const [after = "0", ...others] = c.req.queries("after") ?? [];
    if (!/^\d{1,15}$/.test(after) || others.length > 0) return notUnderstood(c, 400);
    const outcome = await ledgerConsole.tenants(c.get("caller"), Number(after));
    if (!outcome.ok) return refused(c, outcome.refusal);
    return c.html(tenantsPage(view(c, "Tenants"), outcome.value, Number(after)));
  });
}

type Away = Exclude<Visit, { readonly session: Session }>;

function turnedAway(c: Ctx, visit: Away, cookie: SessionCookie): Answer {
  if (visit.kind === "nobody") return signIn(c, "unknown");
  if (visit.kind === "too_long") return signIn(c, "too_long");
  if (visit.refusal.code !== "caller_forbidden") return refused(c, visit.refusal);
  cookie.clear(c);
  return signIn(c, "no_permission");
}

function signIn(c: Ctx, problem: SignInProblem): Answer {
  const { status, page } = signInPage(problem, c.get("requestId"));
  // RFC 9110, section 15.5.2. No browser asks for a password because of it.
  if (status === 401) c.header("www-authenticate", "Bearer");
  return c.html(page, status as 200);
}

/** What the service says no to, as a sentence. */
function refused(c: Ctx, { code, retryAfterSeconds }: Refusal): Answer {
  c.header("retry-after", String(Math.max(1, Math.ceil(retryAfterSeconds ?? 10))));
  return code === "rate_limited"
    ? say(
      c,
      429,
      "Too many requests",
      "The limit of this key is used up: please come again shortly.",
    )
    : say(
      c,
      503,
      "Not available right now",
      "The store does not answer: please come again shortly.",
    );
}

function foreignForm(c: Ctx): Answer {
  return say(c, 403, "That did not work", "This form has to be sent from the console itself.");
}

function notUnderstood(c: Ctx, status: 400 | 413): Answer {
  return say(c, status, "That did not work", "What your browser sent was not understood.");
}

function say(c: Ctx, status: number, title: string, sentence: string): Answer {
  const view = { title, caller: null, requestId: c.get("requestId") };
  const next = { href: CONSOLE_PATH, name: "Go to the overview" };
  return c.html(wordPage(view, sentence, next), status as 400);
}
