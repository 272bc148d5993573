import assert from "node:assert/strict";
import type { ExchangeRecord } from "../../src/simulator/superoffice/exchange_log.ts";
import type { TenantView } from "../../src/simulator/superoffice/levers/tenants.ts";
import {
  startSuperOffice,
  type SuperOfficeSimulator,
} from "../../src/simulator/superoffice/server.ts";
import {
  headerOf,
  payloadOf,
  postExchange,
  signToken,
  type Stage,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

async function call(stage: Stage, verb: string, body?: unknown): Promise<[number, unknown]> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${stage.url}/_control/${verb}`, init);
  return [response.status, await response.json()];
}

/** Of no use to another process. */
const inProcessOnly = ["exchangeCount", "watchExchanges", "settled"];

const ofTenant = { context_identifier: tenant };

Deno.test("the control API lists its verbs, and each does what the lever in process does", () =>
  withSuperOffice(async (stage) => {
    const { verbs } = await (await fetch(`${stage.url}/_control`)).json();
    const listed = verbs.map(({ verb }: { verb: string }) => verb.replaceAll("_", ""));
    for (const lever of Object.keys(stage.control)) {
      if (inProcessOnly.includes(lever)) continue;
      assert.ok(listed.includes(lever.toLowerCase()), lever);
    }
    const [status, approved] = await call(stage, "approve", ofTenant);
    assert.equal(status, 200);
    assert.deepEqual(approved, stage.control.approve(tenant));
    await call(stage, "revoke", ofTenant);
    const [, tenants] = await call(stage, "tenants");
    const [{ contextIdentifier, companyName }] = stage.control.tenants() as [TenantView];
    const [first] = tenants as [Record<string, unknown>];
    assert.deepEqual(
      [first.context_identifier, first.company_name, first.authorization],
      [contextIdentifier, companyName, "revoked"],
    );
    await call(stage, "set", { exchangeFailureMode: "soft" });
    const { system_user_token: token } = stage.control.approve(tenant);
    await call(stage, "revoke", ofTenant);
    const answer = await postExchange(stage, { SignedSystemToken: signToken(token) });
    assert.deepEqual([answer.status, answer.IsSuccessful], [200, false]);
    const [, exchanges] = await call(stage, "exchanges");
    const { count, exchanges: [seen] } = exchanges as { count: number; exchanges: [object] };
    const [record] = stage.control.exchanges() as [ExchangeRecord];
    assert.deepEqual([count, Object.values(seen)], [1, Object.values(record)]);
    for (const name of Object.keys(seen)) assert.match(name, /^[a-z]+(_[a-z]+)*$/);
    const contacts = await call(stage, `contacts?context_identifier=${tenant}`);
    assert.deepEqual(contacts, [200, []]);
  }));

Deno.test("the control API mints tokens and bends them", () =>
  withSuperOffice(async (stage) => {
    const [, minted] = await call(stage, "mint_id_token", {
      ...ofTenant,
      nonce: "n-1",
      claims: { aud: "someone else" },
      header: { kid: null },
    });
    const { token } = minted as { token: string };
    const { nonce, aud } = payloadOf(token);
    assert.deepEqual([nonce, aud], ["n-1", "someone else"]);
    assert.ok(!("kid" in headerOf(token)));
    const [status] = await call(stage, "mint_exchange_token", ofTenant);
    assert.equal(status, 200);
  }));

Deno.test("the control API refuses what it cannot do, with a sentence", () =>
  withSuperOffice(async (stage) => {
    assert.equal((await call(stage, "nothing", {}))[0], 404);
    assert.equal((await call(stage, "revoke"))[0], 405);
    assert.deepEqual(await call(stage, "approve", { context_identifier: "Cust1" }), [
      400,
      { error: "Cannot find tenant Cust1: unknown" },
    ]);
    assert.deepEqual(await call(stage, "approve", {}), [
      400,
      { error: "Cannot read context_identifier: not a string" },
    ]);
    assert.equal((await call(stage, "set", { nothing: 1 }))[0], 400);
    assert.equal((await call(stage, "set_tenant_state", { ...ofTenant, state: "Happy" }))[0], 400);
    assert.equal((await call(stage, "add_tenant", ofTenant))[0], 400);
  }));

Deno.test("after a restart from its snapshot it is the same vendor", async () => {
  let snapshot = "";
  const onChange = (latest: string) => snapshot = latest;
  let before: Stage | undefined;
  let token = "";
  let jwks = "";
  await withSuperOffice(async (stage) => {
    before = stage;
    token = stage.control.approve(tenant).system_user_token;
    stage.control.addTenant({ companyName: "Second AS" });
    stage.control.registerRedirectUrl("https://tickets.example.com/cb");
    await stage.control.rotateLoginKey({ overlap: true });
    jwks = await (await fetch(`${stage.url}/login/.well-known/jwks`)).text();
  }, { onChange });
  const after = await startSuperOffice({ snapshot, clock: () => Date.UTC(2026, 10, 22, 12) });
  try {
    assert.equal(after.clientId, before?.clientId);
    assert.equal(after.clientSecret, before?.clientSecret);
    // Ports are other ones.
    const lasting = (one: SuperOfficeSimulator | undefined) =>
      one?.control.tenants().map((
        { contextIdentifier, serial, state, authorization },
      ) => [contextIdentifier, serial, state, authorization]);
    assert.deepEqual(lasting(after), lasting(before));
    assert.equal(await (await fetch(`${after.url}/login/.well-known/jwks`)).text(), jwks);
    const answer = await postExchange(after, { SignedSystemToken: signToken(token) });
    assert.equal(answer.status, 200);
  } finally {
    await after.close();
  }
  await assert.rejects(startSuperOffice({ snapshot: "{}" }), /snapshot: damaged$/);
});

Deno.test("only durable changes are told, and each of them", () => {
  let told = 0;
  return withSuperOffice(async (stage) => {
    const toldBy = async (act: () => unknown) => {
      const before = told;
      await act();
      return told - before;
    };
    const { control } = stage;
    assert.equal(await toldBy(() => control.approve(tenant)), 1);
    assert.equal(await toldBy(() => control.approve(tenant)), 0);
    assert.equal(await toldBy(() => control.revoke(tenant)), 1);
    assert.equal(await toldBy(() => control.suspend(tenant)), 1);
    assert.equal(await toldBy(() => control.set({ errorMessage: "empty" })), 0);
    assert.equal(await toldBy(() => control.mintExchangeToken({ ctx: tenant })), 1);
    assert.equal(await toldBy(() => control.mintIdToken({ ctx: tenant })), 0);
    assert.equal(await toldBy(() => control.deleteTickets(tenant)), 1);
    assert.equal(await toldBy(() => control.deleteTickets(tenant)), 0);
  }, { onChange: () => told++ });
});

Deno.test("it asks for the port it was given, and says no when that is taken", () =>
  withSuperOffice(async ({ url }) => {
    const port = Number(new URL(url).port);
    await assert.rejects(startSuperOffice({ port }), Deno.errors.AddrInUse);
  }));

Deno.test("a switch that is none, or a value of another kind, is refused by name and changes nothing", () =>
  withSuperOffice(async (stage) => {
    const wrong: readonly (readonly [string, unknown])[] = [
      ["nothing", 1],
      ["constructor", 1],
      ["driftWindowMinutes", "x"],
      ["driftWindowMinutes", -1],
      ["exchangeFailureMode", "hard"],
      ["errorMessage", { text: 1 }],
      ["errorMessage", null],
      ["exchangeJwtTtl", { notBeforeSeconds: 0 }],
      ["ticketInvalidatedOnRevoke", "true"],
      ["verifySignatures", false],
      ["jwksOverlap", 1],
      ["exchangeFailure", { status: 42 }],
      ["exchangeFailure", { body: "no status" }],
      ["exchangeFailure", { status: 500, headers: { a: 1 } }],
      ["exchangeFailure", { status: 500, time: 1 }],
      ["exchangeFailure", { status: 500, times: 0 }],
      ["exchangeError", "Other"],
      ["exchangeJwt", { alg: "ES256" }],
      ["exchangeJwt", { claims: [] }],
      ["idToken", "bent"],
      ["idToken", { signWith: "no key" }],
    ];
    const before = await call(stage, "switches");
    for (const [name, value] of wrong) {
      const [status, answer] = await call(stage, "set", { audType: "array", [name]: value });
      assert.equal(status, 400, name);
      assert.match((answer as { error: string }).error, new RegExp(`^Cannot set switch ${name}: `));
    }
    assert.deepEqual(await call(stage, "switches"), before);
  }));

Deno.test("all switches are listed with value, default and kind, and go back to their defaults", () =>
  withSuperOffice(async (stage) => {
    const listed = async () => (await call(stage, "switches"))[1] as Record<string, object>;
    const { values, defaults, kinds } = await listed();
    assert.deepEqual(values, defaults);
    assert.deepEqual(Object.keys(values ?? {}).sort(), Object.keys(kinds ?? {}).sort());
    await call(stage, "set", { driftWindowMinutes: 5, exchangeJwt: { raw: "x" } });
    assert.deepEqual((await listed()).values, {
      ...defaults,
      driftWindowMinutes: 5,
      exchangeJwt: { raw: "x" },
    });
    // Whatever is the default of a switch may be set.
    assert.equal((await call(stage, "set", defaults))[0], 200);
    await call(stage, "set", { driftWindowMinutes: 5 });
    await call(stage, "reset_switches", {});
    assert.deepEqual((await listed()).values, defaults);
  }));
