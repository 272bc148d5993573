/** A receiver of webhooks over real HTTP. It answers as a test says, and remembers what came. */

import { createHmac } from "node:crypto";

export interface ReceivedNotice {
  readonly id: string;
  readonly headers: Headers;
  readonly body: string;
}

/** What to answer. Null: never, until the receiver ends. */
export type Reply = Response | null;

export interface WebhookReceiver {
  readonly url: URL;
  readonly received: ReceivedNotice[];
  /** Answers from now on; at first 204 to everything. */
  answer(reply: (notice: ReceivedNotice) => Reply): void;
  /** Resolves when so many came, in all. */
  count(least: number): Promise<void>;
  close(): Promise<void>;
}

export function startReceiver(path = "/in?from=box-office"): WebhookReceiver {
  const received: ReceivedNotice[] = [];
  let reply: (notice: ReceivedNotice) => Reply = () => new Response(null, { status: 204 });
  const waiting = new Set<{ readonly least: number; readonly wake: () => void }>();
  const ended = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: leaving.signal },
    async (request) => {
      const id = request.headers.get("webhook-id") ?? "";
      const notice = { id, headers: request.headers, body: await request.text() };
      received.push(notice);
      for (const waiter of waiting) if (received.length >= waiter.least) waiter.wake();
      const answer = reply(notice);
      if (answer === null) await ended.promise;
      return answer ?? new Response(null, { status: 503 });
    },
  );
  return {
    url: new URL(path, `http://127.0.0.1:${server.addr.port}`),
    received,
    answer(next) {
      reply = next;
    },
    async count(least) {
      if (received.length >= least) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiter = { least, wake: resolve };
      waiting.add(waiter);
      await promise;
      waiting.delete(waiter);
    },
    async close() {
      ended.resolve();
      leaving.abort();
      await server.finished;
    },
  };
}

/** A way to a receiver on which what is sent arrives, and its answer is lost. */
export function startLosingWay(to: URL): { readonly url: URL; close(): void } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const lose = async (here: Deno.TcpConn): Promise<void> => {
    const there = await Deno.connect({ hostname: to.hostname, port: Number(to.port) });
    void here.readable.pipeTo(there.writable).catch(() => {});
    await there.readable.getReader().read().catch(() => {});
    for (const end of [here, there]) {
      try {
        end.close();
      } catch {
        // The pipe closed it.
      }
    }
  };
  void (async () => {
    for await (const connection of listener) await lose(connection);
  })().catch(() => {});
  const url = new URL(to);
  url.port = String(listener.addr.port);
  return { url, close: () => listener.close() };
}

/** What a receiver with this secret would expect, computed apart from our own code. */
export function expectedSignature(secret: string, { id, headers, body }: ReceivedNotice): string {
  const key = Uint8Array.fromBase64(secret.replace("whsec_", ""));
  const content = [id, headers.get("webhook-timestamp"), body].join(".");
  return `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
}
