/**
 * What stands in front of processes of the service, as small as it can be: asks each whether it is
 * ready, sends each request to the next that said so, and never tries anything twice.
 */

export interface Balancer {
  readonly url: string;
  /** From now on this one is asked. Resolves when it is ready. */
  add(url: string): Promise<void>;
  /** Requests that got no answer from a process. */
  readonly failures: string[];
  close(): Promise<void>;
}

const PERIOD_MS = 50;

export function startBalancer(): Balancer {
  const ready = new Map<string, boolean>();
  const leaving = new AbortController();
  const failures: string[] = [];
  let next = 0;
  const isReady = (url: string): Promise<boolean> =>
    fetch(`${url}/readyz`, { signal: leaving.signal }).then(
      async (answer) => (await answer.body?.cancel(), answer.ok),
      () => false,
    );
  const watching = (async () => {
    while (!leaving.signal.aborted) {
      await Promise.all([...ready.keys()].map(async (url) => ready.set(url, await isReady(url))));
      await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    }
  })();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const fit = [...ready].filter(([, is]) => is).map(([url]) => url);
      const target = fit[next++ % fit.length];
      const { pathname, search } = new URL(request.url);
      try {
        if (target === undefined) throw new Error("nobody is ready");
        const { method, headers } = request;
        const body = request.body === null ? null : await request.arrayBuffer();
        return await fetch(target + pathname + search, { method, headers, body });
      } catch (error) {
        failures.push(`${pathname}: ${error}`);
        return new Response(null, { status: 502 });
      }
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    failures,
    async add(url) {
      while (!await isReady(url)) await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
      ready.set(url, true);
    },
    async close() {
      leaving.abort();
      await watching;
      await server.shutdown();
    },
  };
}
