/**
 * The page's doors: `GET /` shows it, `POST /_page/{button}` presses a button and leads back to it,
 * `GET /_page/events` says when it has changed. Refuses what another web page sends, and names of this
 * machine that are not its own. The page may load and send nothing anywhere else.
 */
import { createHash } from "node:crypto";
import type { Context, Hono } from "hono";
import { isOwnHost, isOwnRequest } from "../../control/own_request.ts";
import { findButton, press } from "./buttons.ts";
import { eventStream } from "./events.ts";
import { type Notice, rootPage } from "./page.ts";
import type { PageSource } from "./part.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** Mounts the page. */
export function mountPage(app: Hono, source: PageSource): void {
  const { world, control, verbs } = source;
  app.get("/", (c) => {
    if (!isOwnHost(c.req.raw)) return refuse(c);
    const done = findButton(c.req.query("done") ?? "", verbs)?.done;
    return show(c, source, 200, done === undefined ? undefined : { text: done, isFailure: false });
  });
  app.use("/_page/*", async (c, next) => {
    return isOwnRequest(c.req.raw) ? await next() : refuse(c);
  });
  app.get("/_page/events", () =>
    eventStream({
      render: async () => String(await rootPage(source)),
      subscribe: control.watchExchanges,
      closing: world.closing,
    }));
  app.post("/_page/:button", async (c) => {
    const form = await c.req.parseBody();
    const button = findButton(c.req.param("button"), verbs);
    if (!button) return c.notFound();
    try {
      await press(button, verbs, form);
    } catch (error) {
      const text = error instanceof Error ? error.message : "Cannot do that";
      return show(c, source, 400, { text, isFailure: true });
    }
    return c.redirect(`/?done=${button.id}`, 303);
  });
}

function refuse(c: Context): Response {
  return c.text("Only this machine, and no other web page, may use the simulator's page", 403);
}

async function show(
  c: Context,
  source: PageSource,
  status: 200 | 400,
  notice: Notice | undefined,
): Promise<Response> {
  return c.html(await rootPage(source, notice), status, HEADERS);
}

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    `script-src ${hashOf(SCRIPT)}`,
    `style-src ${hashOf(STYLE)}`,
    "img-src data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cache-control": "no-store",
  // With `no-referrer` a form would be sent with `Origin: null`, which is refused.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
};
