/** `docs/webhooks.md` says what the code does: its snippet verifies, its examples are what is sent. */

import assert from "node:assert/strict";
import { createWebhookSender } from "../src/adapters/webhooks/sender.ts";
import { Secret } from "../src/domain/secret.ts";
import { RETRY_PAUSES_MS } from "../src/domain/webhook.ts";
import { startService, TENANT } from "./support/service.ts";
import { startReceiver } from "./support/webhook_receiver.ts";

const ROOT = new URL("../", import.meta.url);
const PAGE = Deno.readTextFileSync(new URL("docs/webhooks.md", ROOT));
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = `whsec_${btoa("another secret of the webhook")}`;

const fenced = (language: string) =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "gm"))]
    .map(([, text]) => text!);

interface Snippet {
  isGenuine(headers: Headers, body: string, secret: string, nowSeconds?: number): boolean;
  receive(
    request: Request,
    secret: string,
    handle: (message: unknown) => Promise<void>,
  ): Promise<Response>;
}

/** The page's code, as somebody would copy it. */
async function withSnippet(deed: (snippet: Snippet) => Promise<void>): Promise<void> {
  const [code, ...more] = fenced("ts");
  assert.ok(code !== undefined && more.length === 0);
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, code);
    const check = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--no-config", path],
      cwd: "/",
    }).output();
    assert.ok(check.success, new TextDecoder().decode(check.stderr));
    await deed(await import(`file://${path}`));
  } finally {
    await Deno.remove(path);
  }
}

/** What our sender sends. */
async function signed(body: string, at: number, secrets: readonly string[]): Promise<Headers> {
  let headers = new Headers();
  const sender = createWebhookSender({
    url: new URL("https://hooks.example.com"),
    secrets: secrets.map((secret) => new Secret(secret)),
    fetch: (_url, init) => {
      headers = new Headers(init?.headers);
      return Promise.resolve(new Response(null, { status: 204 }));
    },
  });
  await sender.send({ id: "msg_1", body }, at);
  return headers;
}

function bent(headers: Headers, name: string, value: string | null): Headers {
  const copy = new Headers(headers);
  if (value === null) copy.delete(name);
  else copy.set(name, value);
  return copy;
}

Deno.test("the page's code takes what is ours, and nothing that was bent or is old", async () => {
  await withSnippet(async ({ isGenuine }) => {
    const now = 1_795_860_000;
    const body = '{"type":"tenant.removed","data":{"name":"Brød"}}';
    const headers = await signed(body, now * 1000, [SECRET]);
    const both = await signed(body, now * 1000, [OTHER, SECRET]);
    assert.ok(isGenuine(headers, body, SECRET, now));
    assert.ok(isGenuine(both, body, SECRET, now), "while a secret is changed");
    assert.ok(isGenuine(both, body, OTHER, now));
    assert.ok(isGenuine(headers, body, SECRET, now + 299));
    assert.ok(isGenuine(headers, body, SECRET, now - 299));

    const refused: readonly (readonly [Headers, string, string, number])[] = [
      [headers, body, SECRET, now + 301],
      [headers, body, SECRET, now - 301],
      [headers, body, OTHER, now],
      [headers, `${body} `, SECRET, now],
      [bent(headers, "webhook-id", "msg_2"), body, SECRET, now],
      [bent(headers, "webhook-timestamp", String(now + 1)), body, SECRET, now],
      [bent(headers, "webhook-timestamp", "now"), body, SECRET, now],
      [bent(headers, "webhook-signature", "v1,"), body, SECRET, now],
      [bent(headers, "webhook-signature", ""), body, SECRET, now],
      [
        bent(headers, "webhook-signature", headers.get("webhook-signature")!.replace("v1", "v2")),
        body,
        SECRET,
        now,
      ],
      ...["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
        [bent(headers, name, null), body, SECRET, now] as const
      ),
    ];
    for (const [index, attempt] of refused.entries()) {
      assert.equal(isGenuine(...attempt), false, `${index}`);
    }
  });
});

Deno.test("the page's code deals with a message once, and again with one that it failed to", async () => {
  await withSnippet(async ({ receive }) => {
    const body = '{"type":"tenant.removed","data":{}}';
    const headers = await signed(body, Date.now(), [SECRET]);
    const request = (text = body) =>
      new Request("https://hooks.example.com", { method: "POST", headers, body: text });
    const handled: unknown[] = [];
    const handle = (message: unknown) => Promise.resolve(void handled.push(message));
    await assert.rejects(receive(request(), SECRET, () => Promise.reject(new Error("busy"))));
    assert.equal((await receive(request(), SECRET, handle)).status, 204);
    assert.equal((await receive(request(), SECRET, handle)).status, 204);
    assert.equal((await receive(request("{}"), SECRET, handle)).status, 401);
    assert.deepEqual(handled, [JSON.parse(body)]);
  });
});

/** A message with every value replaced by what kind of thing it is. */
function shape(value: unknown): unknown {
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/.test(value)) return "instant";
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.entries(value).map(([name, member]) => [name, shape(member)]);
}

Deno.test("the four examples are what is sent when it happens, member by member", async () => {
  const receiver = startReceiver();
  const env = { WEBHOOK_URL: receiver.url.href, WEBHOOK_SECRET: SECRET };
  const service = await startService({ env });
  try {
    const { control } = service.simulator;
    control.registerStateChangeUrl(new URL("/v1/state-changes", service.url).href);
    await service.consent();
    await receiver.count(1);
    control.suspend(TENANT);
    await receiver.count(2);
    control.resume(TENANT);
    await receiver.count(3);
    control.revoke(TENANT);
    const refused = await service.call(`/v1/tenants/${TENANT}/ticket`);
    assert.equal((await refused.json()).code, "consent_withdrawn");
    await receiver.count(4);
    await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" });
    await receiver.count(5);
  } finally {
    await receiver.close();
    await service.close();
  }
  const sent = receiver.received.map(({ body }) => JSON.parse(body));
  const examples = fenced("json").map((text) => JSON.parse(text));
  assert.deepEqual(examples.map(({ type }) => type), [
    "tenant.consented",
    "tenant.withdrawn",
    "tenant.state_changed",
    "tenant.removed",
  ]);
  for (const example of examples) {
    const [real] = sent.filter(({ type }) => type === example.type);
    assert.ok(real !== undefined, `${example.type} is never sent`);
    assert.deepEqual(shape(example), shape(real));
    // Words are constant; names and instants are the example's own.
    for (const word of ["reason", "change", "state", "health", "previous_state", "renewed"]) {
      assert.equal(example.data[word], real.data[word], word);
    }
  }
});

Deno.test("the page names every pause, and the commands that there are", () => {
  const [, seconds] = / after (\d+) seconds, /.exec(PAGE) ?? [];
  const [, minutes = ""] = / seconds, ([\d\s,minutes]+?), 2, /.exec(PAGE) ?? [];
  const [, hours = ""] = / 30\s+minutes, ([\d\s,and]+) hours/.exec(PAGE) ?? [];
  const numbers = (text: string) => [...text.matchAll(/\d+/g)].map(Number);
  assert.deepEqual(
    [
      Number(seconds) * 1000,
      ...numbers(minutes).map((count) => count * 60_000),
      ...numbers(hours).map((count) => count * 3_600_000),
    ],
    RETRY_PAUSES_MS,
  );
  const source = Deno.readTextFileSync(new URL("src/cli/webhooks.ts", ROOT));
  const commands = [...source.matchAll(/webhook\.command\("(\w+)"\)/g)].map(([, name]) => name);
  const rows = [...PAGE.matchAll(/^\| `cli webhook (\w+)/gm)].map(([, name]) => name);
  assert.ok(commands.length > 3);
  assert.deepEqual(rows, commands);
});
