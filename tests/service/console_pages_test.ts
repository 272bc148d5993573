/** What the console's pages show: entries, canaries, tenants, charts. */

import assert from "node:assert/strict";
import { ContextId } from "../../src/domain/context_id.ts";
import { Secret } from "../../src/domain/secret.ts";
import { chart, topOf } from "../../src/http/console/chart.ts";
import { openStores } from "../../src/parts_stores.ts";
import { alter } from "../support/callback.ts";
import {
  assertPage,
  CONSOLE_PAGES,
  keyOf,
  sessionCookie,
  visit,
  withConsole,
  withRestarted,
} from "../support/console_visit.ts";
import { facts } from "../support/facts.ts";
import { appendEntries, attemptEntries } from "../support/ledger_past.ts";
import { TENANT } from "../support/service.ts";

facts("the console shows what there is", withConsole, {
  "what others may choose is text and no markup": async (service) => {
    const stores = await openStores(service.config);
    const hostile = `<img src=x onerror="alert(1)"> & 'quoted' </td><script>`;
    try {
      await stores.tenants.put({
        contextIdentifier: ContextId.parse("Cust2")!,
        companyName: hostile,
        consentedBy: `${hostile}@example.test`,
        consentedAt: Date.now(),
        serial: "2",
        systemUserToken: new Secret("token"),
        webapiUrl: null,
        netserverUrl: null,
      }, null);
      const [intent] = attemptEntries({ at: Date.now(), name: hostile, result: null });
      await appendEntries(stores.ledger, [
        { ...intent!, caller: hostile, context_identifier: hostile, request_id: hostile },
        ...attemptEntries({ at: Date.now(), name: "x", result: null, keyVersion: hostile }),
      ]);
    } finally {
      stores.close();
    }
    const cookie = await sessionCookie(service.url);
    const escaped = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;quoted&#39;";
    for (const path of CONSOLE_PAGES) {
      const { body } = await visit(service.url, path, cookie);
      assert.ok(body.includes(escaped), path);
      assert.doesNotMatch(body, /<img|<script|onerror="/);
    }
    const typed = await visit(
      service.url,
      `/console/entries?caller=${encodeURIComponent(hostile)}`,
      cookie,
    );
    assert.equal(typed.status, 400);
    assert.ok(typed.body.includes(`value="${escaped}`));
    assert.doesNotMatch(typed.body, /<img|<script/);
  },

  "entries are found by tenant, caller, kind and time; a bad filter is told by its name": async (
    service,
  ) => {
    const cookie = await sessionCookie(service.url);
    const ask = (query: string) => visit(service.url, `/console/entries?${query}`, cookie);
    const rows = (body: string) => body.match(/<th\s+scope="row"\s+role="rowheader"/g)?.length ?? 0;
    const total = (await service.entries()).length;
    const counts = [
      ["", total],
      ["tenant=&caller=&kind=&from=&to=", total],
      [`tenant=${TENANT.toLowerCase()}&kind=exchange`, 1],
      ["kind=consent", 1],
      ["caller=everything&kind=sign_outcome", 1],
      ["caller=nobody", 0],
      ["to=2020-01-01", 0],
      ["from=2020-01-01T00:00&kind=consent", 1],
      ["from=2020-01-01+00:00:00.000Z&to=2999-01-01&kind=consent", 1],
      ["older_than=1", 1],
      ["older_than=0", 0],
    ] as const;
    for (const [query, count] of counts) {
      const { status, body } = await ask(query);
      assert.equal(status, 200, query);
      assert.equal(rows(body), count, query);
    }
    const bad = [
      ["tenant=Cust-1", /The tenant is not/],
      ["tenant=Cust1&tenant=Cust1", /The tenant is not/],
      ["caller=a%20b", /The caller is not/],
      ["kind=toString", /There is no such kind/],
      ["from=yesterday", /The beginning is no time/],
      ["from=2026-02-31", /The beginning is no time/],
      ["to=2026-11-22T25:00", /The end is no time/],
      ["from=2026-11-22&to=2026-11-22", /The end is no time after the beginning/],
      ["older_than=-1", /The page is not/],
      ["kind=key_change", /There is no such kind/],
      ["older_than=1e3", /The page is not/],
    ] as const;
    for (const [query, sentence] of bad) {
      const answer = await ask(query);
      assertPage(answer, 400, "Entries");
      assert.match(answer.body, sentence, query);
    }
    assertPage(
      await visit(service.url, "/console/tenants?after=x", cookie),
      400,
      "That did not work",
    );
  },

  "canaries are told by name, and apart from a caller that is called so": async (service) => {
    const stores = await openStores(service.config);
    try {
      const at = Date.now();
      const [intent, outcome] = attemptEntries({ at, name: "one", result: "signed" });
      const nobody = { caller: null, context_identifier: null };
      const refused = { kind: "consent_refused", reason: "malformed", request_id: "r" } as const;
      await appendEntries(stores.ledger, [
        { ...intent!, ...nobody },
        { ...outcome!, ...nobody },
        { ...refused, at: new Date(at).toISOString(), ...nobody },
        ...attemptEntries({ at, name: "other", result: "signed", caller: "canary" }),
      ]);
    } finally {
      stores.close();
    }
    const cookie = await sessionCookie(service.url);
    const ask = async (query: string) =>
      (await visit(service.url, `/console/entries?${query}`, cookie)).body;
    const isTagged = /role="cell"[^>]*data-label="Caller"[^>]*><span\s+class="tag"\s*>canary</g;
    const isNamed = /role="cell"[^>]*data-label="Caller"[^>]*>canary</g;
    const seen = (body: string) => [isTagged, isNamed].map((it) => body.match(it)?.length ?? 0);
    assert.deepEqual(seen(await ask("")), [2, 2]);
    const canaries = await ask("kind=canaries");
    assert.deepEqual(seen(canaries), [2, 0]);
    assert.match(canaries, /2 matching entries\s+in all/);
    assert.match(canaries, /to see whether the cloud’s log shows it/);
    assert.match(canaries, /<option\s+value="canaries"\s+selected/);
    const called = await ask("caller=canary");
    assert.deepEqual(seen(called), [0, 2]);
    assert.match(called, /href="\/console\/entries\?kind=canaries"/);
    assert.deepEqual(seen(await ask("kind=canaries&caller=canary")), [0, 0]);
  },

  "older entries are a page on, with the same filters, as far as the archive": async (service) => {
    const stores = await openStores(service.config);
    try {
      const attempts = Array.from(
        { length: 400 },
        (_, place) =>
          attemptEntries({ at: Date.now(), name: `a${place}`, result: "signed", caller: "past" }),
      );
      await appendEntries(stores.ledger, attempts.flat());
      await stores.ledger.forget(512);
    } finally {
      stores.close();
    }
    const cookie = await sessionCookie(service.url);
    let path = "/console/entries?caller=past&kind=sign_intent";
    let seen = 0;
    const told: string[] = [];
    for (let pages = 0; pages < 10; pages++) {
      const { body } = await visit(service.url, path, cookie);
      seen += body.match(/<code>sign_intent<\/code>/g)?.length ?? 0;
      told.push(/<strong>(.*?)<\/strong>/s.exec(body.split('class="searched"')[1] ?? "")![1]!);
      const next = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll("&amp;", "&");
      if (next === undefined) {
        assert.match(body, /Entries below 512 were moved to an archive/);
        break;
      }
      assert.match(next, /^\/console\/entries\?caller=past&kind=sign_intent&older_than=\d+$/);
      path = next;
    }
    assert.deepEqual(
      told.slice(0, -1),
      told.slice(1).map(() => "50 matching entries on this page."),
    );
    assert.match(told.at(-1)!, /on this page/, "what was archived may match as well");
    const kept = await (await service.call("/v1/ledger/entries?after=511")).text();
    assert.equal(seen, kept.match(/"kind":"sign_intent"/g)?.length);
    // This one has counted the others when they were still there; another has not.
    const before = await visit(service.url, "/console", cookie);
    assert.match(before.body, /Counted from the first entry/);
    await withRestarted(service, {}, async (askOther) => {
      const other = await (await askOther("/console", cookie)).text();
      assert.match(other, /Counted from entry 512\s+of/);
      assert.match(other, /not counted</);
    });
  },

  "tenants are those of the key's entry, with what is wrong with them": async (service) => {
    const stores = await openStores(service.config);
    try {
      const tenant = (await stores.tenants.get(ContextId.parse(TENANT)!))!;
      const { contextIdentifier, consentedAt } = tenant;
      const seen = {
        ...tenant,
        health: "consent_withdrawn",
        healthReason: "refused",
        state: "Suspended",
      } as const;
      await stores.tenants.mark(contextIdentifier, consentedAt, seen, null);
    } finally {
      stores.close();
    }
    const all = await visit(service.url, "/console/tenants", await sessionCookie(service.url));
    assert.match(all.body, /Example Tenant AS/);
    assert.match(all.body, /refused, since <time datetime="20/);
    assert.match(all.body, /consent withdrawn/);
    assert.match(all.body, /Suspended/);
    assert.match(all.body, /1 needs attention/);
    const cookie = await sessionCookie(service.url, keyOf("narrow"));
    const narrow = await visit(service.url, "/console/tenants", cookie);
    assert.doesNotMatch(narrow.body, /Example Tenant AS/);
  },

  "without the store every page says so with 503 and Retry-After": async (service) => {
    const cookie = await sessionCookie(service.url);
    alter(service, "DROP TABLE ledger_head; DROP TABLE tenants;");
    for (const path of CONSOLE_PAGES) {
      const answer = await visit(service.url, path, cookie);
      assertPage(answer, 503, "Not available right now");
      assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    }
  },
});

Deno.test("one failure among thousands of signatures can be seen in its bar", async () => {
  const slots = [{ start: 0, signed: 4990, failed: 1, open: 1 }, {
    start: 3_600_000,
    signed: 0,
    failed: 0,
    open: 0,
  }];
  const series = { keyVersion: "one", slots, total: { signed: 4990, failed: 1, open: 1 } };
  const words = { id: "x", title: "T", slot: "S", name: String, tick: () => null, since: null };
  const drawn = String(await chart(series, { ...words, top: topOf([series]) }));
  const heights = [...drawn.matchAll(/<rect class="(\w+)"[^>]*height="([\d.]+)"/g)]
    .map(([, part, height]) => [part, Number(height)]);
  assert.deepEqual(heights.map(([part]) => part), ["signed", "open", "failed"]);
  assert.deepEqual(heights.slice(1).map(([, height]) => height), [3, 3]);
  assert.ok(Math.abs(Number(heights[0]![1]) - 96 * 4990 / 5000) < 0.1);
  const empty = { ...series, slots: slots.slice(1) };
  assert.equal(topOf([empty]), 1);
});
