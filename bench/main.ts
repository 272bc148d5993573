/**
 * Benchmarks. Absolute figures depend on the machine and are printed for orientation; what counts are
 * the ratios, taken pair by pair in the same run.
 */

const HERE = new URL(".", import.meta.url).pathname;
const ROUNDS = 7;
const SECONDS = 1.5;

interface Server {
  readonly port: number;
  readonly authorization?: string;
  stop(): Promise<void>;
}

function command(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", ...args],
    env,
    stdout: "piped",
    stderr: "null",
  });
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("Cannot measure: the server ended");
    text += value;
  }
  // Whatever else it prints is read away, or a full pipe would stop it.
  (async () => {
    while (!(await reader.read()).done);
  })();
  return text.slice(0, text.indexOf("\n"));
}

async function serve(file: string): Promise<Server> {
  const child = command([`${HERE}${file}`]).spawn();
  const told = JSON.parse(await firstLine(child.stdout));
  return {
    ...told,
    async stop() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

async function load(server: Server, path: string): Promise<number> {
  const url = `http://127.0.0.1:${server.port}${path}`;
  const args = [`${HERE}load.ts`, url, String(SECONDS)];
  if (server.authorization !== undefined) args.push(server.authorization);
  const { success, stdout } = await command(args).output();
  if (!success) throw new Error("Cannot measure: the load generator failed");
  const { requests, seconds } = JSON.parse(new TextDecoder().decode(stdout));
  return requests / seconds;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

function report(what: string, ours: readonly number[], theirs: readonly number[], unit: string) {
  const ratios = ours.map((value, round) => value / theirs[round]!);
  console.log(
    `${what}\n` +
      `  ours  ${median(ours).toFixed(0)} ${unit}   bare Hono ${
        median(theirs).toFixed(0)
      } ${unit}\n` +
      `  ratio ${median(ratios).toFixed(2)} ` +
      `(${Math.min(...ratios).toFixed(2)} to ${
        Math.max(...ratios).toFixed(2)
      }, ${ours.length} pairs)`,
  );
}

async function memoryHit(): Promise<void> {
  const service = await serve("service_server.ts");
  const bare = await serve("bare_server.ts");
  try {
    const ours: number[] = [];
    const headers: number[] = [];
    const plain: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const rates = [
        await load(service, "/v1/tenants/Cust12345/ticket"),
        await load(bare, "/headers/Cust12345"),
        await load(bare, "/bare/Cust12345"),
      ] as const;
      if (round === 0) continue;
      ours.push(rates[0]);
      headers.push(rates[1]);
      plain.push(rates[2]);
    }
    const what = "Ticket from memory, API key, requests per second";
    report(`${what}, against a route with the same headers`, ours, headers, "req/s");
    report(`${what}, against a route with a content type alone`, ours, plain, "req/s");
  } finally {
    await service.stop();
    await bare.stop();
  }
}

/** Milliseconds from starting the process to its first answer. */
async function firstAnswer(
  args: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
) {
  const began = performance.now();
  const child = command(args, env).spawn();
  try {
    for (;;) {
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
        await answer.body?.cancel();
        if (answer.ok) return performance.now() - began;
      } catch {
        await new Promise((done) => setTimeout(done, 1));
      }
    }
  } finally {
    child.kill("SIGKILL");
    await child.stdout.cancel();
    await child.status;
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

async function coldStart(): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const port = freePort();
    // Everything configured, so that no sandbox is started; nobody is asked before the first request.
    const mine = await firstAnswer([`${HERE}../src/main.ts`], port, {
      PORT: String(port),
      DATA_DIR: dataDir,
      SUPEROFFICE_URL: "http://127.0.0.1:9",
      SUPEROFFICE_CLIENT_ID: "id",
      SUPEROFFICE_CLIENT_SECRET: "secret",
      CALLERS: '{"callers":[]}',
    });
    const other = freePort();
    const bare = await firstAnswer([`${HERE}bare_server.ts`, String(other)], other, {});
    if (round === 0) continue;
    ours.push(mine);
    theirs.push(bare);
  }
  await Deno.remove(dataDir, { recursive: true });
  report("Start of the process to its first answer", ours, theirs, "ms");
}

await coldStart();
await memoryHit();
