/**
 * The way from this process to one origin, which a test can make slow, closed, silent or a liar. What
 * passes comes from the origin itself.
 */

export type WayState =
  | { readonly kind: "open" }
  /** Each answer comes so many milliseconds late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The connection is refused, as where nothing listens. */
  | { readonly kind: "refusing" }
  | { readonly kind: "silent" }
  /** As a gateway without a service behind it. */
  | { readonly kind: "unavailable" }
  /** A page with status 200, whatever was asked. */
  | { readonly kind: "garbage" }
  /** Requests to a path that holds the text wait for `open`. */
  | { readonly kind: "held"; readonly path: string };

export interface Way {
  /** Lets go of what is held, too. */
  set(state: WayState): void;
  /** Requests that came to the way in this state. */
  requests(): number;
  /** Requests that are held now. */
  waiting(): number;
  /** Gives `fetch` back. */
  end(): void;
}

/** Stands between `fetch` and the origin. One at a time. */
export function createWay(origin: string): Way {
  const original = globalThis.fetch;
  const nowhere = closedAddress();
  let state: WayState = { kind: "open" };
  let requests = 0;
  let waiting = 0;
  let changed = Promise.withResolvers<void>();
  const guarded: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    if (url.origin !== origin) return await original(input, init);
    requests++;
    switch (state.kind) {
      case "open":
        return await original(input, init);
      case "slow": {
        const { ms } = state;
        const response = await original(input, init);
        await new Promise((resolve) => setTimeout(resolve, ms));
        return response;
      }
      case "refusing":
        return await original(nowhere, init);
      case "silent":
        return await ended(init?.signal ?? null);
      case "unavailable":
        return new Response("No service", { status: 503 });
      case "garbage":
        return new Response("<html>Back soon</html>", { headers: { "content-type": "text/html" } });
      case "held":
        if (url.pathname.includes(state.path)) {
          waiting++;
          await changed.promise;
          waiting--;
        }
        return await original(input, init);
    }
  };
  globalThis.fetch = guarded;
  return {
    set(next) {
      state = next;
      requests = 0;
      changed.resolve();
      changed = Promise.withResolvers();
    },
    requests: () => requests,
    waiting: () => waiting,
    end: () => void (globalThis.fetch = original),
  };
}

/** Never answers; fails when whoever asks gives up. */
function ended(signal: AbortSignal | null): Promise<never> {
  return new Promise((_, reject) => {
    if (signal === null) throw new TypeError("Cannot wait for silence: nobody would give up");
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** An address where nothing listens. */
function closedAddress(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `http://127.0.0.1:${port}/`;
}
