/** The relay's transports, one for each client secret, as one: which is asked, and what is let go of. */

import assert from "node:assert/strict";
import { Secret } from "../../src/domain/secret.ts";
import type { Credentials, Trial } from "../../src/usecases/credentials.ts";
import { rotatingTransport } from "../../src/usecases/secret_rotation.ts";
import type { RelayBody, RelayTransport } from "../../src/usecases/superoffice_ports.ts";

const TARGET = new URL("https://sod2.superoffice.com/Cust12345/api/v1/Contact");

/** Two transports that answer so; `heard` is what was asked, noted and let go of, in its order. */
async function send(statuses: readonly number[], body: RelayBody = null) {
  const heard: string[] = [];
  const transports = statuses.map((status, place): RelayTransport => ({
    send() {
      heard.push(`send ${place}`);
      const cancel = () => Promise.resolve(void heard.push(`cancel ${place}`));
      return Promise.resolve({ status, headers: new Headers(), body: null, cancel });
    },
  }));
  const trial = (secret: number): Trial => ({
    pair: { key: 0, secret },
    worked: () => Promise.resolve(void heard.push(`worked ${secret}`)),
    refused: () => Promise.resolve(secret + 1 < statuses.length ? trial(secret + 1) : null),
  });
  const credentials: Credentials = {
    ready: () => Promise.reject(new Error("a relayed call waits for no store")),
    begin(kinds) {
      assert.deepEqual(kinds, ["secret"]);
      return trial(0);
    },
    workedAt: () => null,
    refresh: () => Promise.resolve(),
    drain: () => Promise.resolve(),
  };
  const { signal } = new AbortController();
  const call = { method: "GET", headers: new Headers(), body, signal };
  const answer = await rotatingTransport(transports, credentials)
    .send(TARGET, new Secret("7T:ticket"), call);
  return [answer.status, ...heard];
}

Deno.test("a call is repeated with the other client secret where the first is refused", async () => {
  assert.deepEqual(await send([401, 200]), [200, "send 0", "cancel 0", "send 1", "worked 1"]);
});

Deno.test("where both are refused the last answer stands, and nothing has worked", async () => {
  assert.deepEqual(await send([401, 401]), [401, "send 0", "cancel 0", "send 1"]);
});

Deno.test("an answer without a 401 is the only one, and only a success proves the secret", async () => {
  assert.deepEqual(await send([200, 200]), [200, "send 0", "worked 0"]);
  for (const status of [302, 404, 421, 503]) {
    assert.deepEqual(await send([status, 200]), [status, "send 0"]);
    assert.deepEqual(await send([401, status]), [status, "send 0", "cancel 0", "send 1"]);
  }
});

Deno.test("a body that is gone is not sent again", async () => {
  const body = new ReadableStream<Uint8Array>();
  assert.deepEqual(await send([401, 200], body), [401, "send 0"]);
  assert.deepEqual((await send([401, 200], new Uint8Array(3)))[0], 200);
});
