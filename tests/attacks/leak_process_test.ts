/** Nothing leaks from the process as it is really started: what it prints, wherever it prints it. */

import assert from "node:assert/strict";
import { type Answer, begin, codeOf, postForm, send } from "../support/callback.ts";
import { createMarks } from "../support/marks.ts";
import { createOutboundWatch } from "../support/outbound_watch.ts";
import { runTask, startTask } from "../support/processes.ts";
import { TENANT } from "../support/service.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { generateLocalKeyPem } from "../../src/adapters/signing/local_key.ts";
import { startVendor } from "../support/vendor.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;
const LISTENS = /^Box Office listens at (http\S+)$/;

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-process-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A consent by code, then tickets and refusals. @returns the ticket's answer */
async function useService(url: URL, key: string, marks: ReturnType<typeof createMarks>) {
  const headers = { authorization: `Bearer ${key}` };
  const call = (path: string, init: RequestInit = {}): Promise<Answer> =>
    send(new URL(path, url), { headers, ...init });
  const { state, cookie, location } = await begin(url);
  const code = await codeOf(location, TENANT);
  marks.add("state", state);
  marks.add("browser binding", cookie.split("=")[1]!);
  marks.add("code", code);
  assert.equal((await postForm(url, { state, code }, cookie)).status, 303);
  const ticket = await call(TICKET);
  assert.equal(ticket.status, 200, ticket.body);
  marks.add("ticket", JSON.parse(ticket.body).ticket);
  const bad = { state, code, id_token: `${code}.${code}.${code}` };
  assert.equal((await postForm(url, bad, cookie)).status, 400);
  for (const path of [`/v1/${key}`, `/v1/tenants/${key}`, `/${code}`, `/consent?tenant=${key}`]) {
    assert.ok((await call(path)).status >= 400);
  }
  return { call, ticket };
}

Deno.test("the service prints no secret, on an ordinary day and when SuperOffice gossips", () =>
  withFolder(async (folder) => {
    const marks = createMarks();
    const key = "bo_MARK_of_the_api_key_000000000000000000";
    const pem = generateLocalKeyPem();
    const simulator = await startVendor({ publicKeyPem: pem });
    const watch = createOutboundWatch(marks);
    await Deno.writeTextFile(`${folder}/key.pem`, pem);
    marks.add("signing key", pem.split("\n")[5]!);
    marks.add("API key", key);
    marks.add("client secret", simulator.clientSecret);
    marks.add("sealing key", "MARK-of-the-sealing-key-01234567");
    marks.add("ledger seed", "MARK-of-the-ledger-seed-01234567");
    const process = startTask("start", {
      env: {
        PORT: "0",
        DATA_DIR: `${folder}/data`,
        LOG_LEVEL: "debug",
        SUPEROFFICE_URL: simulator.url,
        SUPEROFFICE_CLIENT_ID: simulator.clientId,
        SUPEROFFICE_CLIENT_SECRET: simulator.clientSecret,
        SIGNING_KEY_FILE: `${folder}/key.pem`,
        SEALING_KEYS: `now:${btoa("MARK-of-the-sealing-key-01234567")}`,
        LEDGER_KEY: btoa("MARK-of-the-ledger-seed-01234567"),
        CALLERS: JSON.stringify({
          callers: [{
            id: "all",
            may: ["ticket"],
            tenants: ["*"],
            api_key_sha256: [sha256Hex(key)],
          }],
        }),
      },
    });
    try {
      const url = new URL((await process.line(LISTENS))[1]!);
      const { call, ticket } = await useService(url, key, marks);
      const { control } = simulator;
      const token = control.approve(TENANT).system_user_token;
      marks.add("system user token", token);
      const body = `${token} ${simulator.clientSecret} ${JSON.parse(ticket.body).ticket}`;
      control.set({ exchangeFailure: { status: 500, body } });
      const { generation } = JSON.parse(ticket.body);
      const refused = await call(TICKET, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ rejected_generation: generation }),
      });
      assert.equal(refused.status, 502);
      process.kill("SIGTERM");
      const { code, stdout, stderr } = await process.exit();
      assert.equal(code, 0);
      assert.match(stderr, /exchange.failed/);
      assert.deepEqual(marks.find(stdout), []);
      assert.deepEqual(marks.find(stderr), []);
    } finally {
      await process.end();
      watch.end();
      await simulator.close();
    }
  }));

Deno.test("the sandbox prints what it made for its user to try, on stdout, and no secret anywhere else", () =>
  withFolder(async (folder) => {
    const process = startTask("start", {
      env: { PORT: "0", DATA_DIR: folder, LOG_LEVEL: "debug" },
    });
    try {
      const url = new URL((await process.line(LISTENS))[1]!);
      const [, key] = await process.line(/Bearer (bo_\S+)"/);
      const marks = createMarks();
      await useService(url, key!, marks);
      process.kill("SIGTERM");
      const { stdout, stderr } = await process.exit();
      const snapshot = JSON.parse(await Deno.readTextFile(`${folder}/simulator.json`));
      marks.add("client secret", snapshot.apps[0].client_secret);
      marks.add("system user token", snapshot.authorizations[0].systemUserToken);
      for (const file of ["sealing.key", "ledger.key", "signing_key.pem"]) {
        const lines = (await Deno.readTextFile(`${folder}/${file}`)).split("\n");
        marks.add(file, lines[Math.min(5, lines.length - 1)]!);
      }
      assert.equal(stdout.split(key!).length, 2);
      // The sandbox's SuperOffice is simulated: its client secret stands in a command to try.
      assert.deepEqual(marks.find(stdout, ["client secret"]), []);
      marks.add("API key", key!);
      assert.deepEqual(marks.find(stderr), []);
    } finally {
      await process.end();
    }
  }));

Deno.test("an environment that is refused is not repeated", () =>
  withFolder(async (folder) => {
    const marks = createMarks();
    const bad = (name: string) => {
      const value = `MARK-of-${name}-000000000000`;
      marks.add(name, value);
      return value;
    };
    const names = ["SEALING_KEYS", "LEDGER_KEY", "SUPEROFFICE_CLIENT_SECRET", "CALLERS"];
    await Deno.writeTextFile(`${folder}/key.pem`, bad("SIGNING_KEY"));
    const env = {
      ...Object.fromEntries(names.map((name) => [name, bad(name)])),
      UPSTASH_REDIS_REST_TOKEN: bad("UPSTASH_REDIS_REST_TOKEN"),
      SUPEROFFICE_URL: `https://user:${bad("password")}@sod.superoffice.com`,
      PORT: bad("PORT"),
    };
    const keyOnly = { PORT: "0", DATA_DIR: folder, SIGNING_KEY_FILE: `${folder}/key.pem` };
    for (const environment of [env, keyOnly]) {
      const { code, stdout, stderr } = await runTask("start", { env: environment });
      assert.equal(code, 2, stderr);
      assert.match(stderr, /Cannot start/);
      assert.deepEqual(marks.find(stdout + stderr), []);
    }
  }));
