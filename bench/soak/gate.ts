/**
 * A gate before a simulator, for processes that are not ours: slow, closed, silent or a liar on demand.
 * What passes comes from the simulator itself; only SuperOffice's discovery document is given the gate's
 * own origin, as everything there must lie on one.
 */

import { systemClock } from "../../src/system.ts";

export type GateState =
  | { readonly kind: "open" }
  | { readonly kind: "slow"; readonly ms: number }
  /** Nothing listens. */
  | { readonly kind: "refusing" }
  | { readonly kind: "silent" }
  /** SuperOffice does the work, and nothing is answered. */
  | { readonly kind: "late" }
  | { readonly kind: "unavailable" }
  | { readonly kind: "garbage" };

export interface Gate {
  readonly url: string;
  set(state: GateState): Promise<void>;
  /** Ends connections that nobody uses, as services do after a while. */
  tidy(): Promise<void>;
  close(): Promise<void>;
}

/** Listens on loopback. @param origin of the simulator */
export function startGate(origin: string): Gate {
  let state: GateState = { kind: "open" };
  let changed = Promise.withResolvers<void>();
  const handle = async (request: Request): Promise<Response> => {
    const { kind } = state;
    const over = changed.promise;
    switch (kind) {
      case "unavailable":
        return new Response("No service", { status: 503 });
      case "garbage":
        return new Response("<html>Back soon</html>", { headers: { "content-type": "text/html" } });
      case "silent":
        await over;
        return new Response(null, { status: 503 });
      default: {
        // Who asked, or who was asked, hung up.
        const answer = await pass(request, origin, url).catch(() =>
          new Response(null, { status: 502 })
        );
        if (kind === "late") await over;
        if (state.kind === "slow") await systemClock.sleep(state.ms);
        return answer;
      }
    }
  };
  const serve = (port: number) =>
    Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handle);
  let server: ReturnType<typeof serve> | null = serve(0);
  const { port } = server.addr;
  const url = `http://127.0.0.1:${port}`;
  const set = async (next: GateState) => {
    state = next;
    changed.resolve();
    changed = Promise.withResolvers();
    if (next.kind === "refusing") {
      const closing = server;
      server = null;
      await closing?.shutdown();
    } else server ??= serve(port);
  };
  const close = () => set({ kind: "refusing" });
  const tidy = async () => {
    await close();
    await set({ kind: "open" });
  };
  return { url, set, tidy, close };
}

async function pass(request: Request, origin: string, own: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.delete("host");
  const body = request.method === "GET" ? null : await request.arrayBuffer();
  const answer = await fetch(`${origin}${pathname}${search}`, {
    method: request.method,
    headers,
    body,
    redirect: "manual",
  });
  const bytes = await answer.arrayBuffer();
  if (!pathname.endsWith("/openid-configuration")) return new Response(bytes, answer);
  return Response.json(JSON.parse(new TextDecoder().decode(bytes).replaceAll(origin, own)));
}
