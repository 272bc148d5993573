/** What the doctor finds of keys that are files: what is in them, and who may read them. */

import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { type Env, findings } from "../support/doctor_world.ts";
import { testKey, testKeyPem } from "../support/test_keys.ts";

Deno.test("key files are read, each is named by its variable, and looking signs nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "box-office-doctor-" });
  const write = (name: string, text: string) => {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
    return `${folder}/${name}`;
  };
  const key = write("key", testKeyPem("rsa2048"));
  const publicKey = createPublicKey(testKey("rsa2048")).export({ type: "spki", format: "pem" });
  const env: Env = {
    SUPEROFFICE_ENVIRONMENT: "sod",
    SUPEROFFICE_URL: "http://127.0.0.1:1",
    SUPEROFFICE_CLIENT_ID: "id",
    SUPEROFFICE_CLIENT_SECRET: "secret",
    CALLERS: '{"callers":[]}',
    DATA_DIR: folder,
    SIGNING_KEY_FILE: key,
  };
  const keys = async (more: Env = {}) =>
    (await findings({ ...env, ...more })).filter(({ check }) => check.endsWith("_key"))
      .filter(({ check }) => check !== "ledger_key");
  try {
    const standby = write("standby", testKeyPem("rsa3072"));
    const both = await keys({ SIGNING_STANDBY_KEY_FILE: standby });
    assert.deepEqual(both.map(({ check, level }) => [check, level]), [
      ["signing_key", "ok"],
      ["standby_key", "ok"],
    ]);
    const bad = write("public", publicKey.toString());
    const [first, second] = await keys({ SIGNING_STANDBY_KEY_FILE: bad });
    assert.deepEqual([first?.level, second?.level], ["ok", "problem"]);
    assert.match(second!.text, /it is a public key$/);
    assert.match(second!.remedy!, /SIGNING_STANDBY_KEY_FILE/);
    const filesOf = async (more: Env) =>
      (await findings({ ...env, ...more })).find(({ check }) => check === "files")!;
    Deno.chmodSync(key, 0o600);
    Deno.chmodSync(standby, 0o644);
    assert.equal((await filesOf({})).level, "ok");
    const open = await filesOf({ SIGNING_STANDBY_KEY_FILE: standby });
    assert.deepEqual([open.level, open.text], [
      "problem",
      "other users may read the key file of SIGNING_STANDBY_KEY_FILE",
    ]);
    const [cut] = await keys({
      SIGNING_KEY_FILE: write("cut", testKeyPem("rsa2048").slice(0, 90)),
    });
    assert.deepEqual([cut?.level, cut?.remedy], [
      "problem",
      "Look at the key file of SIGNING_KEY_FILE",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  // What signs leaves no trace in a process, so it is looked for in what is run.
  const source = (path: string) =>
    Deno.readTextFileSync(new URL(`../../src/${path}`, import.meta.url));
  assert.doesNotMatch(source("cli/doctor_key.ts"), /\.sign\(/);
  assert.doesNotMatch(source("adapters/signing/key_file.ts"), /\bsign\b/);
});
