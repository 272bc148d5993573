/**
 * Bounds request bodies, told or not told in advance. Hono's own limit copies the request, which
 * makes Deno write a warning of its own between our log lines.
 */

import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import type { Env } from "./context.ts";

/** Answers with `tooLarge` once a body is over so many bytes; reads no more of it then. */
export function limitBodies(
  maxBytes: number,
  tooLarge: (c: Context<Env>) => Response | Promise<Response>,
): MiddlewareHandler<Env> {
  return createMiddleware<Env>(async (c, next) => {
    const { method, headers } = c.req.raw;
    if (method === "GET" || method === "HEAD") return await next();
    const told = headers.has("transfer-encoding") ? null : headers.get("content-length");
    if (told !== null) return Number(told) > maxBytes ? await tooLarge(c) : await next();
    const { body } = c.req.raw;
    if (body === null) return await next();

    let bytes = 0;
    let isOver = false;
    const limited = body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.byteLength;
          isOver = bytes > maxBytes;
          if (isOver) controller.error(new HTTPException(413));
          else controller.enqueue(chunk);
        },
      }),
    );
    c.req.raw = new Request(c.req.url, { method, headers, body: limited });
    await next();
    if (isOver) c.res = await tooLarge(c);
    return undefined;
  });
}
