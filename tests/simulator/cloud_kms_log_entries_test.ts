/** `entries.list` of Cloud Logging over the audit log of the Cloud KMS stand-in. */

import assert from "node:assert/strict";
import { startKms } from "../support/kms.ts";
import { call, errorOf, sharedCloudKms, sign } from "./cloud_kms_client.ts";

const kms = await sharedCloudKms();
for (let count = 0; count < 7; count++) await sign(kms);
await fetch(`${kms.url}/v1/${kms.keyVersion}/publicKey`).then((answer) => answer.body?.cancel());

const ALL = { resourceNames: ["projects/box-office-sandbox"] };

const list = (body: unknown, headers: HeadersInit = {}) =>
  call(`${kms.url}/v2/entries:list`, { method: "POST", body: JSON.stringify(body), headers });

interface Entry {
  readonly timestamp: string;
  readonly protoPayload: { readonly methodName: string };
}

const entriesOf = async (filter: string, rest: Record<string, unknown> = {}) => {
  const { status, body } = await list({ ...ALL, filter, pageSize: 1000, ...rest });
  assert.equal(status, 200, JSON.stringify(body));
  return (body["entries"] ?? []) as readonly Entry[];
};

/** Every page to the last. */
async function pagesOf(query: Record<string, unknown>): Promise<(readonly Entry[])[]> {
  const pages: (readonly Entry[])[] = [];
  let token = {};
  while (pages.length < 100) {
    const { body } = await list({ ...ALL, ...query, ...token });
    pages.push((body["entries"] ?? []) as readonly Entry[]);
    const { nextPageToken: pageToken } = body;
    if (pageToken === undefined) return pages;
    token = { pageToken };
  }
  throw new Error("Cannot list: there is no last page");
}

Deno.test("entries come as they were logged, in their order, oldest or newest first", async () => {
  const entries = await entriesOf("");
  assert.deepEqual(entries, kms.auditEntries());
  assert.equal(entries.length, 8);
  const newest = await entriesOf("", { orderBy: "timestamp desc" });
  assert.deepEqual(newest, entries.toReversed());
});

Deno.test("what takes more than one page begins with an empty page and ends without a token", async () => {
  const pages = await pagesOf({ pageSize: 3 });
  assert.deepEqual(pages.map(({ length }) => length), [0, 3, 3, 2]);
  assert.deepEqual(pages.flat(), kms.auditEntries());
  assert.deepEqual((await pagesOf({ pageSize: 8 })).map(({ length }) => length), [8]);
  assert.deepEqual((await pagesOf({ pageSize: 4 })).map(({ length }) => length), [0, 4, 4]);
});

Deno.test("an answer without entries is an empty object, and another project has none", async () => {
  const nothing = await list({ ...ALL, filter: 'protoPayload.methodName="None"' });
  assert.deepEqual(nothing, { status: 200, body: {} });
  const elsewhere = await list({ resourceNames: ["projects/box-office"] });
  assert.deepEqual(elsewhere, { status: 200, body: {} });
});

Deno.test("a filter compares methods, resources and times, without regard to case", async () => {
  const [first, second] = kms.auditEntries() as readonly Entry[];
  const key = kms.keyVersion.replace(/\d+$/, "").toUpperCase();
  const counts: readonly (readonly [string, number])[] = [
    ['log_id("cloudaudit.googleapis.com/data_access")', 8],
    ['log_id("cloudaudit.googleapis.com/activity")', 0],
    ['protoPayload.methodName="asymmetricsign"', 7],
    ['protoPayload.methodName:"Sign"', 7],
    ['protoPayload.methodName="Sign"', 0],
    [`protoPayload.resourceName:"${key}"`, 8],
    [`timestamp>="${second!.timestamp}"`, 7],
    [`timestamp>"${second!.timestamp}"`, 6],
    [`timestamp<"${second!.timestamp}" AND timestamp>="${first!.timestamp}"`, 1],
    [
      'protoPayload.methodName:"Sign" OR protoPayload.methodName:"Key" AND timestamp<"2020-01-01T00:00:00Z"',
      0,
    ],
    ['(protoPayload.methodName:"Sign") AND (timestamp>"2020-01-01T00:00:00Z")', 7],
    ['NOT protoPayload.methodName:"Sign"', 1],
    ['NOT protoPayload.methodName:"Sign" OR protoPayload.methodName:"Sign"', 8],
    ['NOT (protoPayload.methodName:"Sign" OR protoPayload.methodName:"Key")', 0],
    ['protoPayload.methodName:"Sign" AND NOT protoPayload.nothing="there"', 7],
  ];
  for (const [filter, count] of counts) {
    assert.equal((await entriesOf(filter)).length, count, filter);
  }
});

Deno.test("what cannot be read is refused, never answered with everything", async () => {
  const bodies = [
    {},
    { resourceNames: [] },
    { resourceNames: "projects/box-office-sandbox" },
    { ...ALL, pageSize: 1001 },
    { ...ALL, pageSize: -1 },
    { ...ALL, orderBy: "severity" },
    { ...ALL, pageToken: "x" },
    ...[
      "methodName",
      'a="b" c="d"',
      'a="b" AND',
      '(a="b"',
      "NOT",
      'a!="b"',
      'severity>="INFO"',
      'timestamp>"noon"',
      'timestamp:"2026"',
      'a="b',
    ].map((filter) => ({ ...ALL, filter })),
  ];
  for (const body of bodies) {
    assert.equal(errorOf(await list(body)).status, "INVALID_ARGUMENT", JSON.stringify(body));
  }
});

Deno.test("a page's token goes with the request that it was made for", async () => {
  const { body } = await list({ ...ALL, pageSize: 2 });
  const { nextPageToken: pageToken } = body;
  assert.equal((await list({ ...ALL, pageSize: 2, pageToken })).status, 200);
  const other = await list({ ...ALL, pageSize: 2, filter: 'a="b"', pageToken });
  assert.equal(errorOf(other).status, "INVALID_ARGUMENT");
});

Deno.test("entries that have not come yet are not listed, and reading is not logged", async () => {
  let now = Date.parse("2026-11-22T12:00:00Z");
  const late = await startKms({ clock: () => now, auditDelayMs: 1000 });
  try {
    await sign(late);
    const count = async () => {
      const init = { method: "POST", body: JSON.stringify(ALL) };
      const { body } = await call(`${late.url}/v2/entries:list`, init);
      return (body["entries"] as unknown[] | undefined)?.length ?? 0;
    };
    assert.equal(await count(), 0);
    now += 1000;
    assert.equal(await count(), 1);
    assert.equal(late.auditEntries().length, 1);
  } finally {
    await late.close();
  }
});

Deno.test("it asks for a credential when told to, and refuses other pages", async () => {
  kms.requireBearer(true);
  try {
    assert.equal(errorOf(await list(ALL)).status, "UNAUTHENTICATED");
    assert.equal((await list(ALL, { authorization: "Bearer x" })).status, 200);
  } finally {
    kms.requireBearer(false);
  }
  assert.equal((await list(ALL, { origin: "https://example.com" })).status, 403);
});
