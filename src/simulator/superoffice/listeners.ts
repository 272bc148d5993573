/**
 * The loopback listeners of one simulator: all of them or none, and all end together. Their ports are
 * known before what answers there, which needs to know them.
 */

export interface Listeners {
  /** Origins, in the order of the ports asked for. */
  readonly urls: readonly string[];
  /** Lets `answer` speak; until then everything is answered with 503. */
  answerWith(answer: (request: Request, listener: number) => Response | Promise<Response>): void;
  close(): Promise<void>;
}

/** How long requests under way have when it closes. */
const GRACE_MS = 2000;

/** Listens on 127.0.0.1 at every port (0: any free one). Throws when one of them is taken. */
export async function listen(ports: readonly number[]): Promise<Listeners> {
  let answer: (request: Request, listener: number) => Response | Promise<Response> = () =>
    new Response("Not ready", { status: 503 });
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  const close = async () => {
    const ended = Promise.all(servers.map((server) => server.shutdown()));
    const late = Promise.withResolvers<void>();
    // A request that was never sent to its end would hold its connection, and the end, for ever.
    const timer = setTimeout(late.resolve, GRACE_MS);
    await Promise.race([ended, late.promise]);
    clearTimeout(timer);
  };
  try {
    for (const [listener, port] of ports.entries()) {
      const options = { hostname: "127.0.0.1", port, onListen: () => {} };
      servers.push(Deno.serve(options, (request) => answer(request, listener)));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    urls: servers.map(({ addr }) => `http://127.0.0.1:${addr.port}`),
    answerWith: (given) => void (answer = given),
    close,
  };
}
