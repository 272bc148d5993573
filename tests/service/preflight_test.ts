/** `start --check`: what it finds, all at once, and that nothing is left of it. */

import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { runTask } from "../support/processes.ts";
import { testKeyPem } from "../support/test_keys.ts";

const SOD = {
  SUPEROFFICE_ENVIRONMENT: "sod",
  SUPEROFFICE_CLIENT_ID: "0".repeat(32),
  SUPEROFFICE_CLIENT_SECRET: "marked-secret",
  PUBLIC_URL: "https://tickets.example.com",
  CALLERS: JSON.stringify({
    callers: [{ id: "a", api_key_sha256: ["0".repeat(64)], tenants: ["*"], may: ["ticket"] }],
  }),
};

async function check(env: Readonly<Record<string, string>>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/key.pem`, testKeyPem("signing"));
    await Deno.writeTextFile(`${folder}/broken.pem`, "marked-key");
    const { code, stdout, stderr } = await runTask("start", {
      cwd: folder,
      env,
      args: ["--check"],
    });
    ok(!/marked/.test(stdout + stderr), stdout + stderr);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    deepStrictEqual(left, ["broken.pem", "key.pem"]);
    return { code, stdout, stderr };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a check of what can start says so, and neither listens nor leaves anything", async () => {
  // Nobody can have this port.
  const held = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const PORT = String(held.addr.port);
  try {
    for (const env of [{ PORT }, { PORT, ...SOD, SIGNING_KEY_FILE: "key.pem" }]) {
      const { code, stdout, stderr } = await check(env);
      deepStrictEqual([code, stdout, stderr], [0, "The service could start\n", ""]);
    }
  } finally {
    held.close();
  }
});

Deno.test("a check names every variable that is wrong, and no value", async () => {
  const unread = await check({ ...SOD, PORT: "marked", CALLERS: "marked" });
  equal(unread.code, 2);
  match(unread.stderr, /^Cannot start: \d problems in the environment\n/);
  for (const name of ["PORT", "CALLERS", "SIGNING_KEY_FILE"]) {
    match(unread.stderr, new RegExp(name));
  }
});

Deno.test("a check finds what only the parts can tell: keys, credentials and folders", async () => {
  const unfit = await check({
    ...SOD,
    SIGNING_KEY_FILE: "broken.pem",
    DATA_DIR: "/proc/nowhere/data",
    LEDGER_ARCHIVE: "nowhere",
    GOOGLE_CREDENTIALS: JSON.stringify({
      type: "service_account",
      client_email: "a@b.iam.gserviceaccount.com",
      private_key: "-----BEGIN PRIVATE KEY-----\nmarked\n-----END PRIVATE KEY-----\n",
    }),
  });
  equal(unfit.code, 2);
  const named = unfit.stderr.split("\n").slice(1, -1).map((line) => line.trim().split(" ")[0]);
  deepStrictEqual(named, ["GOOGLE_CREDENTIALS", "SIGNING_KEY_FILE", "DATA_DIR", "LEDGER_ARCHIVE"]);
});
