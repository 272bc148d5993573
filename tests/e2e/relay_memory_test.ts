/** 200 MiB up and 200 MiB down through the relay of a real process: its memory stays where it was. */

import assert from "node:assert/strict";
import { generateApiKey } from "../../src/adapters/callers/api_keys.ts";
import { parseConfig } from "../../src/config.ts";
import { openStores } from "../../src/parts_stores.ts";
import { startTask } from "../support/processes.ts";
import { addStoredTenant, FRESH, putTicket } from "../support/stored_tenants.ts";
import { startVendor } from "../support/vendor.ts";

const MIB = 1024 * 1024;
const BYTES = 200 * MIB;
const MOST_MORE = 64 * MIB;

function bodyOf(bytes: number): ReadableStream<Uint8Array> {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(MIB));
      left -= MIB;
      if (left <= 0) controller.close();
    },
  });
}

async function lengthOf(body: ReadableStream<Uint8Array> | null): Promise<number> {
  let bytes = 0;
  for await (const chunk of body ?? []) bytes += chunk.byteLength;
  return bytes;
}

/** A web API that takes and gives bytes. */
async function handle(request: Request): Promise<Response> {
  if (request.method === "GET") return new Response(bodyOf(BYTES));
  return Response.json({ bytes: await lengthOf(request.body) });
}

/** Resident memory now, and the most there has been since the start. Bytes. */
function memoryOf(pid: number): { readonly now: number; readonly most: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)![1]) * 1024;
  return { now: bytes("VmRSS"), most: bytes("VmHWM") };
}

Deno.test({
  name: "200 MiB up and 200 MiB down leave the process's memory where it was",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using ending = new AsyncDisposableStack();
    const simulator = await startVendor();
    ending.defer(simulator.close);
    const dataDir = await Deno.makeTempDir({ prefix: "box-office-test-" });
    ending.defer(() => Deno.remove(dataDir, { recursive: true }));
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handle);
    ending.defer(() => server.shutdown());
    const { key, digest } = generateApiKey(() => crypto.getRandomValues(new Uint8Array(32)));
    const caller = { id: "relay", api_key_sha256: [digest], tenants: ["*"], may: ["relay"] };
    const env = {
      PORT: "0",
      DATA_DIR: dataDir,
      LOG_LEVEL: "error",
      SUPEROFFICE_URL: simulator.url,
      SUPEROFFICE_CLIENT_ID: simulator.clientId,
      SUPEROFFICE_CLIENT_SECRET: simulator.clientSecret,
      CALLERS: JSON.stringify({ callers: [caller] }),
    };
    const parsed = parseConfig(env, () => null);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const stores = await openStores(parsed.config);
    ending.defer(() => Promise.resolve(stores.close()));
    const tenant = await addStoredTenant({ stores }, 4711);
    const webapiUrl = `http://127.0.0.1:${server.addr.port}/${tenant}/api/`;
    await putTicket({ stores }, tenant, FRESH, webapiUrl);
    const process = startTask("start", { env });
    ending.defer(process.end);
    const [, url] = await process.line(/^Box Office listens at (http:\/\/localhost:\d+)\/$/);
    const call = (init: RequestInit) =>
      fetch(`${url}/v1/tenants/${tenant}/api/v1/x`, {
        ...init,
        headers: { authorization: `Bearer ${key.reveal()}` },
      });

    // Everything that is loaded once is loaded now.
    await (await call({ method: "POST", body: bodyOf(2 * MIB) })).body?.cancel();
    const before = memoryOf(process.pid);
    const up = await call({ method: "POST", body: bodyOf(BYTES) });
    assert.deepEqual(await up.json(), { bytes: BYTES });
    const afterUp = memoryOf(process.pid);
    const down = await call({ method: "GET" });
    assert.equal(await lengthOf(down.body), BYTES);
    const afterDown = memoryOf(process.pid);
    const grown = [afterUp, afterDown].map(({ most }) => Math.round((most - before.now) / MIB));
    assert.ok(Math.max(...grown) * MIB <= MOST_MORE, `${grown.join(" and ")} MiB more`);
    assert.equal(process.messages(), "");
  },
});
