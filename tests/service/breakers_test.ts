/** A part that stays down is left alone: callers are answered at once, and it is not asked meanwhile. */

import assert from "node:assert/strict";
import type { Answer } from "../support/callback.ts";
import { type Outage, WITHOUT_TICKET, withOutage } from "../support/outage.ts";
import { requires } from "../support/requirement.ts";
import { TENANT } from "../support/service.ts";

const told = ({ status, headers, body }: Answer) => [
  status,
  JSON.parse(body).code,
  Number(headers.get("retry-after")),
];

const breakerLines = ({ service }: Outage) =>
  service.log.lines.filter(({ event }) => event.startsWith("breaker."))
    .map(({ event, fields }) => `${event} ${fields.part}`);

Deno.test({
  name:
    "a store that failed five times is left alone for five seconds, and readiness tells what is",
  ...requires("redis-server"),
  fn: () =>
    withOutage("upstash", async (outage) => {
      const { ask, clock, get, upstash, ticket, service } = outage;
      const signatures = service.kms!.signatures();
      upstash!.all({ kind: "html" });
      for (let fault = 0; fault < 5; fault++) {
        assert.deepEqual(told(await ask(WITHOUT_TICKET)), [503, "store_unavailable", 2]);
      }
      const requests = upstash!.seen.length;
      clock.advance(1500);
      assert.deepEqual(told(await ask(WITHOUT_TICKET)), [503, "store_unavailable", 4]);
      assert.deepEqual(told(await get("/v1/ledger/entries")), [503, "ledger_unavailable", 4]);
      assert.equal((await outage.beginConsent()).status, 503);
      assert.deepEqual(JSON.parse((await ask(TENANT)).body), ticket, "memory never comes there");
      assert.equal(upstash!.seen.length, requests, "it was asked all the same");

      assert.equal((await get("/readyz")).status, 503);
      upstash!.all(null);
      assert.equal((await get("/readyz")).status, 200, "it is up, whatever the breaker thinks");
      assert.deepEqual(told(await ask(WITHOUT_TICKET)), [503, "store_unavailable", 4]);
      assert.equal(service.kms!.signatures(), signatures, "no ledger, no signature");
      clock.advance(3500);
      assert.equal((await ask(WITHOUT_TICKET)).status, 200);
      assert.deepEqual(breakerLines(outage), ["breaker.opened store", "breaker.closed store"]);
    }),
});

Deno.test("a key that failed five times is left alone, and every intent has its attempt", () =>
  withOutage("sqlite", async (outage) => {
    const { ask, clock, service } = outage;
    const { keyVersion } = service.kms!;
    service.kms!.fault({ kind: "status", status: "UNAVAILABLE" });
    assert.deepEqual(told(await ask(WITHOUT_TICKET)), [503, "signer_unavailable", 5]);
    clock.advance(2500);
    assert.deepEqual(told(await ask(WITHOUT_TICKET)), [503, "signer_unavailable", 5]);
    const attempts = service.kms!.auditEntries().length;
    clock.advance(2500);
    assert.deepEqual(told(await ask(WITHOUT_TICKET)), [503, "signer_unavailable", 3]);
    assert.equal(service.kms!.auditEntries().length, attempts);
    const kinds = (await service.entries()).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === "sign_intent").length, 1 + 5);
    service.kms!.fault(null);
    clock.advance(2500);
    assert.equal((await ask(WITHOUT_TICKET)).status, 200);
    const lines = [`breaker.opened ${keyVersion}`, `breaker.closed ${keyVersion}`];
    assert.deepEqual(breakerLines(outage), lines);
  }));

Deno.test("an exchange that several tenants could not reach costs no further signature", () =>
  withOutage("sqlite", async (outage) => {
    const { ask, clock, service, superoffice } = outage;
    const more = Array.from({ length: 5 }, (_, place) => `Cust1000${place}`);
    for (const contextIdentifier of more) {
      service.simulator.control.addTenant({ contextIdentifier });
      assert.equal((await outage.connect(contextIdentifier)).status, 303);
    }
    superoffice.set({ kind: "refusing" });
    for (const tenant of more) {
      assert.deepEqual(told(await ask(tenant)), [503, "upstream_unavailable", 5]);
    }
    const [signatures, requests] = [service.kms!.signatures(), superoffice.requests()];
    clock.advance(1000);
    assert.deepEqual(told(await ask(WITHOUT_TICKET)), [503, "upstream_unavailable", 4]);
    assert.deepEqual([service.kms!.signatures(), superoffice.requests()], [signatures, requests]);
    superoffice.set({ kind: "open" });
    clock.advance(4000);
    assert.equal((await ask(WITHOUT_TICKET)).status, 200);
    for (const tenant of more) assert.equal((await ask(tenant)).status, 200);
  }));

Deno.test("the sign-in that failed five times is left alone, and what is remembered still serves", () =>
  withOutage("sqlite", async (outage) => {
    const { superoffice, service, clock } = outage;
    superoffice.set({ kind: "refusing" });
    const path = "/consent/callback";
    const finish = async () => {
      const begun = await outage.beginConsent();
      assert.equal(begun.status, 302, "where to send a browser is remembered");
      const state = new URL(begun.headers.get("location")!).searchParams.get("state")!;
      const cookie = begun.headers.getSetCookie()[0]!.split(";")[0]!;
      const back = await fetch(new URL(`${path}?state=${state}&code=any`, service.url), {
        redirect: "manual",
        headers: { cookie },
      });
      await back.body?.cancel();
      return back.status;
    };
    for (let fault = 0; fault < 5; fault++) assert.equal(await finish(), 503);
    assert.equal(superoffice.requests(), 5);
    assert.equal(await finish(), 503);
    assert.equal(superoffice.requests(), 5);
    superoffice.set({ kind: "open" });
    clock.advance(5000);
    assert.equal((await outage.comeBack()).status, 303);
  }));

Deno.test("while SuperOffice holds a renewal, every caller is answered from memory", () =>
  withOutage("sqlite", async ({ ask, clock, service, superoffice, ticket }) => {
    clock.advance(5 * 3_600_000);
    superoffice.set({ kind: "held", path: "PartnerSystemUser" });
    // The exchange ends only after the last of these was answered, so none can have waited for it.
    for (let caller = 0; caller < 20; caller++) {
      const answer = await ask(TENANT);
      assert.equal(answer.headers.get("x-ticket-source"), "memory");
      assert.deepEqual(JSON.parse(answer.body), ticket);
      while (superoffice.requests() === 0) await clock.sleep(0);
    }
    assert.equal(
      service.simulator.control.exchangeCount(),
      1,
      "the renewal is under way, not done",
    );
    superoffice.set({ kind: "open" });
    let renewed = await ask(TENANT);
    while (JSON.parse(renewed.body).generation === 1) renewed = await ask(TENANT);
    assert.equal(renewed.headers.get("x-ticket-source"), "memory");
    assert.equal(service.simulator.control.exchangeCount(), 2);
  }));
