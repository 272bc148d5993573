/** `key import --timeout`: a Cloud KMS that never answers holds the command no longer than that. */

import assert from "node:assert/strict";
import { assertNo } from "../support/commands.ts";
import { runTask } from "../support/processes.ts";
import { testKeyPem } from "../support/test_keys.ts";

const KEY = "projects/box-office-sandbox/locations/europe-west4/keyRings/apps/cryptoKeys/app";

Deno.test("what hangs at Cloud KMS ends with the time that was given, all in all", async () => {
  let asked = 0;
  const hanging = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => {
      asked++;
      return new Promise<Response>((resolve) =>
        hanging.signal.addEventListener("abort", () => resolve(new Response()))
      );
    },
  );
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/key.pem`, testKeyPem("rsa2048"));
    const begun = performance.now();
    const exit = await runTask("cli", {
      args: ["key", "import", "--key", KEY, "--file", `${folder}/key.pem`, "--timeout", "3"],
      env: { KMS_ENDPOINT: `http://127.0.0.1:${server.addr.port}`, DATA_DIR: folder },
    });
    assertNo(exit, /Cannot look for the key ring: Cloud KMS gave no answer \(timeout\)/, 2);
    assert.ok(asked >= 1);
    // One call alone may take fifteen seconds, and is made four times.
    assert.ok(performance.now() - begun < 14_000, `${performance.now() - begun} ms`);
  } finally {
    hanging.abort();
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});
