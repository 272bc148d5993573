/** Who may not, is told so before anything is looked up: above memory, store and SuperOffice. */

import assert from "node:assert/strict";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { withBridge } from "../adapters/storage/backends.ts";
import { requires } from "../support/requirement.ts";
import { API_KEY, startService, TENANT } from "../support/service.ts";
import { addStoredTenant, FRESH, putTicket } from "../support/stored_tenants.ts";
import { openStores } from "../../src/parts_stores.ts";

const OTHER_KEY = "bo_test_key_of_a_caller_of_another_tenant_0000000000";
const LEDGER_KEY = "bo_test_key_of_a_caller_who_may_read_the_ledger_0000";
const UNKNOWN = "Cust99999";

const CALLERS = [
  { id: "everything", key: API_KEY, tenants: ["*"], may: ["ticket", "relay", "tenants", "ledger"] },
  { id: "other", key: OTHER_KEY, tenants: ["Cust777"], may: ["ticket", "relay", "tenants"] },
  { id: "auditor", key: LEDGER_KEY, tenants: ["*"], may: ["ledger"] },
].map(({ key, ...entry }) => ({ ...entry, api_key_sha256: [sha256Hex(key)] }));

Deno.test({
  name:
    "who may not learns the same of a ticket in memory, one in the store, and an unknown tenant",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const service = await startService({
        callers: CALLERS,
        env: {
          UPSTASH_REDIS_REST_URL: bridge.url,
          UPSTASH_REDIS_REST_TOKEN: bridge.token,
          SEALING_KEYS: `k:${btoa("k".repeat(32))}`,
          LEDGER_KEY: btoa("l".repeat(32)),
        },
      });
      const stores = await openStores(service.config);
      try {
        await service.consent();
        const source = async (tenant: string) => {
          const answer = await service.call(`/v1/tenants/${tenant}/ticket`);
          await answer.body?.cancel();
          return [answer.status, answer.headers.get("x-ticket-source")];
        };
        assert.deepEqual(await source(TENANT), [200, "exchange"]);
        assert.deepEqual(await source(TENANT), [200, "memory"]);
        const stored = await addStoredTenant({ stores }, 4711);
        await putTicket({ stores }, stored, FRESH);

        const ask = async (key: string, path: string, init: RequestInit = {}) => {
          const headers = { authorization: `Bearer ${key}`, "x-request-id": "same" };
          const answer = await service.call(path, { ...init, headers });
          // Whoever sends more than is read has to begin another connection.
          const { date: _, connection: __, ...shown } = Object.fromEntries(answer.headers);
          return { status: answer.status, headers: shown, body: await answer.text() };
        };
        const seen = bridge.seen.length;
        const exchanges = service.simulator.control.exchangeCount();
        const answers = [];
        for (const key of [OTHER_KEY, LEDGER_KEY]) {
          for (const tenant of [TENANT, stored, UNKNOWN]) {
            const at = `/v1/tenants/${tenant}`;
            answers.push(
              await ask(key, `${at}/ticket`),
              await ask(key, `${at}/ticket`, { method: "POST", body: '{"rejected_generation":1}' }),
              await ask(key, `${at}/ticket`, { method: "POST", body: "garbage" }),
              await ask(key, `${at}/api/v1/Contact/default`),
              await ask(key, `${at}/api/v1/Contact`, { method: "POST", body: "x".repeat(2e6) }),
              await ask(key, at),
              await ask(key, at, { method: "DELETE" }),
            );
          }
        }
        const [first] = answers;
        assert.equal(first!.status, 403);
        assert.equal(JSON.parse(first!.body).code, "caller_forbidden");
        for (const answer of answers) assert.deepEqual(answer, first);
        // The same time, too: what was not done took none.
        assert.deepEqual(bridge.seen.slice(seen), []);
        assert.equal(service.simulator.control.exchangeCount(), exchanges);
        assert.deepEqual(await source(stored), [200, "store"], "it was in no memory");
        assert.deepEqual(await source(UNKNOWN), [404, null]);
        assert.equal((await stores.tenants.get(stored))?.contextIdentifier, stored);
      } finally {
        stores.close();
        await service.close();
      }
    }),
});

Deno.test("the log says by which rules a caller may not, and the caller reads none of it", async () => {
  const service = await startService({ callers: CALLERS });
  try {
    const why = async (key: string, path: string) => {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await service.call(path, { headers });
      const { request_id, ...problem } = await answer.json();
      assert.deepEqual(problem, {
        type: "/problems/caller_forbidden",
        title: "This caller may not do that for this tenant.",
        status: 403,
        code: "caller_forbidden",
      });
      const lines = service.log.lines.filter(({ event }) => event === "caller.forbidden");
      const { fields } = lines.at(-1)!;
      assert.equal(fields.request_id, request_id);
      const { caller, permission, context_identifier: tenant, matched, unmatched } = fields;
      return [caller, permission, tenant, matched, unmatched];
    };
    assert.deepEqual(
      await why(OTHER_KEY, `/v1/tenants/${TENANT}/ticket`),
      ["other", "ticket", TENANT, ["may"], ["tenants"]],
    );
    assert.deepEqual(
      await why(LEDGER_KEY, `/v1/tenants/${TENANT}/api/v1/x`),
      ["auditor", "relay", TENANT, ["tenants"], ["may"]],
    );
    assert.deepEqual(
      await why(OTHER_KEY, "/v1/ledger/entries"),
      ["other", "ledger", null, [], ["may"]],
    );
    assert.deepEqual(await why(LEDGER_KEY, "/v1/tenants"), [
      "auditor",
      "tenants",
      null,
      [],
      ["may"],
    ]);
  } finally {
    await service.close();
  }
});
