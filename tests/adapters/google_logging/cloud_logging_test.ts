/** Reading Cloud Logging: every page, at Google's pace, and never a part for the whole. */

import assert from "node:assert/strict";
import { auditFilter } from "../../../src/adapters/google_logging/audit_filter.ts";
import {
  type CloudLoggingOptions,
  createCloudLogging,
  LoggingFault,
} from "../../../src/adapters/google_logging/cloud_logging.ts";
import { type Instant, instantAt, parseInstant } from "../../../src/domain/instant.ts";
import { sign, signBody } from "../../simulator/cloud_kms_client.ts";
import { startKms } from "../../support/kms.ts";

const kms = await startKms();
Deno.test.afterAll(() => kms.close());

const PROJECT = ["projects/box-office-sandbox"];

/** A clock that only moves by sleeping. */
function createSleeper() {
  let now = Date.UTC(2026, 10, 22);
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: (ms: number) => {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

function loggingOf(options: Partial<CloudLoggingOptions> = {}) {
  return createCloudLogging({
    endpoint: new URL(kms.url),
    credentials: () => Promise.reject(new Error("nobody may ask for credentials here")),
    userAgent: "box-office/test",
    clock: createSleeper(),
    ...options,
  });
}

const all = async (options: Partial<CloudLoggingOptions> = {}, filter = "") =>
  (await Array.fromAsync(loggingOf(options).entries(PROJECT, filter))).flat();

async function reasonOf(options: Partial<CloudLoggingOptions>): Promise<string> {
  const error = await all(options).then(() => null, (reason) => reason);
  assert.ok(error instanceof LoggingFault, Deno.inspect(error));
  return error.reason;
}

/** Answers one after the other; then the stand-in's. */
function afterAnswers(...answers: readonly (() => Response)[]) {
  const left = [...answers];
  const requests: { readonly headers: Headers; readonly body: Record<string, unknown> }[] = [];
  const doFetch: typeof fetch = async (url, init) => {
    requests.push({ headers: new Headers(init?.headers), body: JSON.parse(String(init?.body)) });
    assert.equal(init?.redirect, "manual");
    const answer = left.shift();
    return answer === undefined ? await fetch(url, init) : answer();
  };
  return { requests, fetch: doFetch };
}

const json = (value: unknown) => () => Response.json(value);
const status = (code: number, headers: HeadersInit = {}) => () =>
  new Response("{}", { status: code, headers });

Deno.test("every page is read, an empty one too, with the same query and the token before", async () => {
  const watched = afterAnswers(
    json({ nextPageToken: "1" }),
    json({ entries: [1, 2], nextPageToken: "2" }),
    json({ entries: [], nextPageToken: "3" }),
    json({ entries: [3] }),
  );
  assert.deepEqual(await all({ fetch: watched.fetch }, "x"), [1, 2, 3]);
  const query = { resourceNames: PROJECT, filter: "x", orderBy: "timestamp asc", pageSize: 1000 };
  assert.deepEqual(watched.requests.map(({ body }) => body), [
    query,
    { ...query, pageToken: "1" },
    { ...query, pageToken: "2" },
    { ...query, pageToken: "3" },
  ]);
});

Deno.test("the stand-in's log is read as it is, across its pages", async () => {
  const before = kms.auditEntries().length;
  for (let count = 0; count < 5; count++) await sign(kms);
  const small: typeof fetch = (url, init) => {
    const body = { ...JSON.parse(String(init?.body)), pageSize: 2 };
    return fetch(url, { ...init, body: JSON.stringify(body) });
  };
  const entries = await all({ fetch: small });
  assert.equal(entries.length, before + 5);
  assert.deepEqual(entries, kms.auditEntries());
});

Deno.test("no more than 60 calls begin in any minute, tries again included", async () => {
  const clock = createSleeper();
  const starts: number[] = [];
  let pages = 0;
  const doFetch: typeof fetch = () => {
    starts.push(clock.now());
    pages++;
    const next = pages < 200 ? { nextPageToken: String(pages) } : {};
    return Promise.resolve(pages === 100 ? status(503)() : Response.json(next));
  };
  await all({ clock, fetch: doFetch });
  assert.equal(starts.length, 200);
  for (let at = 60; at < starts.length; at++) {
    assert.ok(starts[at]! - starts[at - 60]! >= 60_000, `call ${at}`);
  }
  assert.ok(clock.now() - Date.UTC(2026, 10, 22) < 4 * 60_000, "and no slower than that");
});

Deno.test("what may pass is tried again, longer apart each time, five times at most", async () => {
  for (const bad of [status(429), status(500), status(503)]) {
    const clock = createSleeper();
    const watched = afterAnswers(bad, bad, bad, bad, json({ entries: [1] }));
    assert.deepEqual(await all({ clock, fetch: watched.fetch }), [1]);
    assert.deepEqual(clock.slept, [1000, 2000, 4000, 8000]);
  }
  const refused = () => {
    throw new TypeError("connection refused");
  };
  const five = (bad: () => Response) => afterAnswers(bad, bad, bad, bad, bad).fetch;
  assert.equal(await reasonOf({ fetch: five(status(429)) }), "busy");
  assert.equal(await reasonOf({ fetch: five(refused) }), "network");
});

Deno.test("a pause that is asked for is kept, but no longer than a minute", async () => {
  const clock = createSleeper();
  const answers = [status(429, { "retry-after": "7" }), status(503, { "retry-after": "9999" })];
  await all({ clock, fetch: afterAnswers(...answers).fetch });
  assert.deepEqual(clock.slept, [7000, 60_000]);
});

Deno.test("what will not pass is asked once, and ends the reading in the middle of it", async () => {
  const page = json({ entries: [1], nextPageToken: "2" });
  const reasons: readonly (readonly [() => Response, string])[] = [
    [status(401), "unauthenticated"],
    [status(403), "denied"],
    [status(404), "not_found"],
    [status(400), "refused"],
    [status(302, { location: "https://example.com/" }), "protocol"],
    [status(204 + 2), "protocol"],
    [() => new Response("<html>"), "protocol"],
    [json([]), "protocol"],
    [json(null), "protocol"],
    [json({ entries: {} }), "protocol"],
    [json({ nextPageToken: 5 }), "protocol"],
    [json({ nextPageToken: "2" }), "protocol"],
  ];
  for (const [bad, reason] of reasons) {
    const watched = afterAnswers(page, bad);
    assert.equal(await reasonOf({ fetch: watched.fetch }), reason);
    assert.equal(watched.requests.length, 2);
  }
});

Deno.test("an answer without end is given up, and one that does not come", async () => {
  const chunk = new Uint8Array(1024 * 1024);
  const endless = () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
  assert.equal(await reasonOf({ fetch: afterAnswers(endless).fetch }), "too_large");
  const silent: typeof fetch = (_, init) =>
    new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal)));
  assert.equal(await reasonOf({ fetch: silent, timeoutMs: 1 }), "timeout");
});

Deno.test("credentials are fresh for each call, and never sent in the clear", async () => {
  const watched = afterAnswers(json({ nextPageToken: "1" }), json({}));
  let asked = 0;
  const credentials = () => Promise.resolve({ authorization: `Bearer ${++asked}` });
  const endpoint = new URL("https://logging.example.com");
  await all({ endpoint, credentials, fetch: watched.fetch });
  const sent = watched.requests.map(({ headers }) => headers.get("authorization"));
  assert.deepEqual(sent, ["Bearer 1", "Bearer 2"]);
  assert.equal(watched.requests[0]!.headers.get("user-agent"), "box-office/test");

  const plain = afterAnswers(json({}));
  await all({ fetch: plain.fetch });
  assert.equal(plain.requests[0]!.headers.get("authorization"), null);
  assert.throws(() => loggingOf({ endpoint: new URL("http://logging.example.com") }), /neither/);
});

Deno.test("Google's own address is asked where no other is named", async () => {
  const asked: string[] = [];
  const doFetch: typeof fetch = (url) => {
    asked.push(String(url));
    return Promise.resolve(Response.json({}));
  };
  await all({ endpoint: null, credentials: () => Promise.resolve({}), fetch: doFetch });
  assert.deepEqual(asked, ["https://logging.googleapis.com/v2/entries:list"]);
});

const UNTIL = instantAt(Date.now() + 3_600_000);

Deno.test("the filter finds signatures by versions of the key, in its time, and nothing else", async () => {
  const quiet = await startKms();
  try {
    const other = `${quiet.keyVersion.slice(0, -1)}404`;
    await sign(quiet);
    await fetch(`${quiet.url}/v1/${quiet.keyVersion}/publicKey`).then((it) => it.body?.cancel());
    await sign(quiet, signBody, { keyVersion: other });
    await sign(quiet);
    const found = async (keyVersions: readonly string[], from: Instant | null, until = UNTIL) => {
      const filter = auditFilter({ keyVersions, from, until });
      const entries = await all({ endpoint: new URL(quiet.url) }, filter);
      return entries.map((it) =>
        quiet.auditEntries().findIndex((known) =>
          (known as { insertId: string }).insertId === (it as { insertId: string }).insertId
        )
      );
    };
    const key = [quiet.keyVersion];
    assert.deepEqual(await found(key, null), [0, 2, 3], "refused ones and siblings too");
    assert.deepEqual(await found([], null), [0, 2, 3]);
    const byNumber = quiet.keyVersion.replace("box-office-sandbox", "1234");
    assert.deepEqual(await found([byNumber], null), [0, 2, 3]);
    assert.deepEqual(await found([quiet.keyVersion.replace("system-user", "x")], null), []);
    const { timestamp } = quiet.auditEntries()[2] as { timestamp: string };
    const time = parseInstant(timestamp)!;
    assert.deepEqual(await found(key, time), [2, 3]);
    assert.deepEqual(await found(key, null, time), [0]);
  } finally {
    await quiet.close();
  }
});

Deno.test("a filter is within Google's limit, however many keys there are", () => {
  const keyVersions = Array.from(
    { length: 1000 },
    (_, at) => `projects/p/locations/l/keyRings/r/cryptoKeys/k${at}/cryptoKeyVersions/1`,
  );
  const few = auditFilter({ keyVersions: keyVersions.slice(0, 3), from: null, until: UNTIL });
  assert.match(few, /"\/keyRings\/r\/cryptoKeys\/k2\/"\)$/);
  const many = auditFilter({ keyVersions, from: null, until: UNTIL });
  assert.ok(many.length < 20_000);
  assert.doesNotMatch(many, /resourceName/);
  const quoted = 'projects/p/locations/l/keyRings/r/cryptoKeys/k"x/cryptoKeyVersions/1';
  assert.match(auditFilter({ keyVersions: [quoted], from: null, until: UNTIL }), /k\\"x/);
});
