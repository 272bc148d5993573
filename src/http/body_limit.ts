/**
 * Bounds request bodies, told or not told in advance. Hono's own limit copies the request, which
 * makes Deno write a warning of its own between our log lines.
 */

import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import type { RelayBody } from "../usecases/superoffice_ports.ts";
import type { Env } from "./context.ts";
import { readBody } from "./request_body.ts";

/** Answers with `tooLarge` once a body is over so many bytes; reads no more of it then. */
export function limitBodies(
  maxBytes: number,
  tooLarge: (c: Context<Env>) => Response | Promise<Response>,
): MiddlewareHandler<Env> {
  return createMiddleware<Env>(async (c, next) => {
    const { method, headers } = c.req.raw;
    // `Request` takes no body with these, in any letter case.
    if (/^(?:get|head|connect|trace|track)$/i.test(method)) return await next();
    const told = headers.has("transfer-encoding") ? null : headers.get("content-length");
    if (told !== null && Number(told) > maxBytes) return await tooLarge(c);
    const body = await inTime(readBody(c.req.raw, maxBytes));
    if (body instanceof ReadableStream) {
      await body.cancel();
      return await tooLarge(c);
    }
    c.req.raw = new Request(c.req.url, { method, headers, body });
    await next();
    return undefined;
  });
}

/** Bodies are small here: who sends one for longer only holds a connection. */
const BODY_MS = 15_000;

/** @throws HTTPException 400 if it takes too long */
async function inTime(reading: Promise<RelayBody>): Promise<RelayBody> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new HTTPException(400)), BODY_MS);
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
    reading.catch(() => {});
  }
}
