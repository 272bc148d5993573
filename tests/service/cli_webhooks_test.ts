/** The operator's commands about the webhook. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { parseConfig } from "../../src/config.ts";
import type { Stores } from "../../src/adapters/storage/stores.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { noticeBody } from "../../src/domain/notice.ts";
import { Secret } from "../../src/domain/secret.ts";
import { webhookKey } from "../../src/domain/webhook.ts";
import { openStores } from "../../src/parts_stores.ts";
import type { Exit } from "../support/processes.ts";
import { expectedSignature, startReceiver } from "../support/webhook_receiver.ts";

const line = sharedCommandLine();

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const AT = Date.UTC(2025, 10, 28, 12);
const MARKED = "Marked Company";

const cli = (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Exit> =>
  line.run({ env, args: ["webhook", ...args] });

const openIn = (folder: string): Promise<Stores> => {
  const parsed = parseConfig({ DATA_DIR: folder }, () => null);
  assert.ok(parsed.ok);
  return openStores(parsed.config);
};

/** A folder whose store has notices: `msg_1` was given up after ten attempts, `msg_2` at once, one waits. */
async function withNotices(deed: (folder: string, stores: Stores) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const stores = await openIn(folder);
  try {
    for (const number of [1, 2, 3]) {
      const contextIdentifier = ContextId.parse(`Cust${number}`)!;
      const body = noticeBody("tenant.consented", AT, contextIdentifier, { company_name: MARKED });
      await stores.tenants.put({
        contextIdentifier,
        companyName: MARKED,
        consentedBy: "admin@example.com",
        consentedAt: AT,
        serial: String(number),
        systemUserToken: new Secret("token"),
        webapiUrl: null,
        netserverUrl: null,
      }, { id: `msg_${number}`, body, at: AT });
    }
    for (let attempt = 1; attempt < 10; attempt++) {
      await stores.notices.retry("msg_1", AT, "status_500");
    }
    await stores.notices.bury("msg_1", AT + 1000, "status_500");
    await stores.notices.bury("msg_2", AT + 2000, "gone");
    await deed(folder, stores);
  } finally {
    stores.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what waits and what was given up is listed, without what it says", async () => {
  await withNotices(async (folder) => {
    const env = { DATA_DIR: folder };
    const [text, json] = await Promise.all([cli(env, "list"), cli(env, "list", "--json")]);
    assert.deepEqual([text.code, text.stderr], [0, ""]);
    assert.equal(
      text.stdout,
      `1 waiting, 2 given up
2025-11-28T12:00:00.000Z  tenant.consented  Cust2  1 attempt    gone        msg_2
2025-11-28T12:00:00.000Z  tenant.consented  Cust1  10 attempts  status_500  msg_1
`,
    );
    assert.equal(json.code, 0, json.stderr);
    const { waiting, buried } = JSON.parse(json.stdout);
    assert.equal(waiting, 1);
    assert.deepEqual(buried[1], {
      id: "msg_1",
      type: "tenant.consented",
      context_identifier: "Cust1",
      at: "2025-11-28T12:00:00.000Z",
      buried_at: "2025-11-28T12:00:01.000Z",
      attempts: 10,
      error: "status_500",
    });
    assert.ok(!`${text.stdout}${json.stdout}`.includes(MARKED));
  });
});

Deno.test("one that was given up is due again at once, with all its attempts", async () => {
  await withNotices(async (folder, { notices }) => {
    const env = { DATA_DIR: folder };
    const done = await cli(env, "resend", "--id", "msg_1");
    assert.deepEqual([done.code, done.stdout], [0, "1 to be sent again\n"]);
    assert.match(
      done.stderr,
      /^It is sent within half a minute by a service with WEBHOOK_URL\.\n$/,
    );
    assert.deepEqual((await notices.buried(10)).map(({ id }) => id), ["msg_2"]);
    const due = await notices.take(Date.now(), 10, Date.now() + 1);
    assert.deepEqual(due.map(({ id, attempts }) => [id, attempts]), [["msg_3", 0], ["msg_1", 0]]);
    const unknown = await cli(env, "resend", "--id", "msg_3");
    assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
    assert.equal(unknown.stderr, "Nothing of that id was given up.\n");
  });
});

Deno.test("all that were given up are due again", async () => {
  await withNotices(async (folder, { notices }) => {
    const env = { DATA_DIR: folder };
    assert.equal((await cli(env, "resend", "--all")).stdout, "2 to be sent again\n");
    assert.deepEqual(await notices.count(), { waiting: 3, buried: 0 });
    const again = await cli(env, "resend", "--all");
    assert.deepEqual([again.code, again.stdout, again.stderr], [0, "0 to be sent again\n", ""]);
  });
});

Deno.test("what was given up is forgotten on demand, and what waits is not", async () => {
  await withNotices(async (folder, { notices }) => {
    const env = { DATA_DIR: folder };
    const waiting = await cli(env, "discard", "--id", "msg_3");
    assert.deepEqual([waiting.code, waiting.stdout], [1, ""]);
    assert.equal((await cli(env, "discard", "--id", "msg_1")).stdout, "1 forgotten\n");
    assert.deepEqual((await notices.buried(10)).map(({ id }) => id), ["msg_2"]);
    assert.equal((await cli(env, "discard", "--all")).stdout, "1 forgotten\n");
    assert.deepEqual(await notices.count(), { waiting: 1, buried: 0 });
  });
});

Deno.test("without a store, or without saying which, nothing is sent again and nothing is made", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = { DATA_DIR: folder };
    const refused = await Promise.all([
      cli(env, "list"),
      cli(env, "resend", "--all"),
      cli(env, "resend"),
      cli(env, "discard"),
      cli(env, "resend", "--all", "--id", "msg_1"),
      cli(env, "test"),
    ]);
    for (const { code, stdout, stderr } of refused) {
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^Cannot [^\n]+: [^\n]+\n$/);
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a new secret is another one each time, and fits the configuration", async () => {
  const [one, two] = await Promise.all([cli({}, "secret"), cli({}, "secret")]);
  assert.notEqual(one.stdout, two.stdout);
  for (const { code, stdout, stderr } of [one, two]) {
    const secret = stdout.trim();
    assert.deepEqual([code, stdout], [0, `${secret}\n`]);
    assert.equal(webhookKey(secret)?.length, 32);
    assert.ok(!stderr.includes(secret));
    const parsed = parseConfig(
      { WEBHOOK_URL: "https://hooks.example.com", WEBHOOK_SECRET: secret },
      () => null,
    );
    assert.ok(parsed.ok);
  }
});

Deno.test("a test message is sent at once and signed, and the exit code says whether it was taken", async () => {
  const receiver = startReceiver();
  const env = { WEBHOOK_URL: receiver.url.href, WEBHOOK_SECRET: SECRET };
  try {
    const yes = await cli(env, "test");
    assert.deepEqual([yes.code, yes.stdout], [0, "yes: the receiver answered 204\n"], yes.stderr);
    const [notice] = receiver.received;
    assert.equal(JSON.parse(notice!.body).type, "webhook.test");
    assert.deepEqual(JSON.parse(notice!.body).data, {});
    assert.equal(notice!.headers.get("webhook-signature"), expectedSignature(SECRET, notice!));

    receiver.answer(() => new Response(null, { status: 307, headers: { location: "/other" } }));
    const [no, json] = await Promise.all([cli(env, "test"), cli(env, "test", "--json")]);
    const said = "no: the receiver answered 307, and redirects are not followed\n";
    assert.deepEqual([no.code, no.stdout], [1, said]);
    assert.equal(json.code, 1);
    const { id, ...result } = JSON.parse(json.stdout);
    assert.deepEqual(result, { delivered: false, status: 307, error: "status_307" });
    assert.ok(receiver.received.some((it) => it.id === id));
  } finally {
    await receiver.close();
  }
  const nobody = await cli(env, "test");
  assert.deepEqual([nobody.code, nobody.stdout], [1, "no: the receiver cannot be reached\n"]);
  assert.ok(!`${nobody.stderr}`.includes("127.0.0.1"));
});
