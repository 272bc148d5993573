import assert from "node:assert/strict";
import { type TenantStateName, tenantStates } from "../../src/simulator/superoffice/tenant.ts";
import {
  claim,
  payloadOf,
  postExchange,
  signToken,
  type Stage,
  tenant,
  ticketOf,
  withSuperOffice,
  withTicket,
} from "./superoffice_client.ts";

async function whoAmI(stage: Stage, headers: HeadersInit, ctx = tenant): Promise<number> {
  const response = await fetch(`${stage.tenantUrls[0]}/${ctx}/api/v1/User/currentPrincipal`, {
    headers,
  });
  await response.body?.cancel();
  return response.status;
}

async function consentedTicket(stage: Stage): Promise<{ ticket: string; token: string }> {
  const { system_user_token: token } = stage.control.approve(tenant);
  return { ticket: await ticketOf(stage), token };
}

async function stateOf(stage: Stage, ctx: string): Promise<Record<string, unknown>> {
  return (await fetch(`${stage.url}/api/state/${ctx}`)).json();
}

Deno.test("a system user creates a company with its ticket and reads it again", () =>
  withSuperOffice(async (stage) => {
    const api = `${stage.tenantUrls[0]}/cust12345/API/V1`;
    const headers = { ...withTicket(stage, await ticketOf(stage)), "accept": "application/json" };
    const principal = await (await fetch(`${api}/User/currentPrincipal`, { headers })).json();
    assert.equal(principal.UserType, "SystemAssociate");
    const draft = await (await fetch(`${api}/Contact/default`, { headers })).json();
    assert.deepEqual([draft.ContactId, draft.Name], [0, ""]);
    const saved = await fetch(`${api}/Contact`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ ...draft, Name: "Blåbær & Co" }),
    });
    assert.equal(saved.status, 200);
    const { ContactId } = await saved.json();
    const again = await (await fetch(`${api}/Contact/${ContactId}`, { headers })).json();
    assert.equal(again.Name, "Blåbær & Co");
    assert.deepEqual(stage.control.contacts(tenant).map(({ Name }) => Name), ["Blåbær & Co"]);
    const narrow = await (await fetch(`${api}/Contact/${ContactId}?$select=name`, { headers }))
      .json();
    assert.deepEqual(narrow, { Name: "Blåbær & Co" });
  }));

Deno.test("what is not there answers 404 with SuperOffice's error body", () =>
  withSuperOffice(async (stage) => {
    const headers = withTicket(stage, await ticketOf(stage));
    const response = await fetch(`${stage.tenantUrls[0]}/${tenant}/api/v1/Contact/4711`, {
      headers,
    });
    assert.equal(response.status, 404);
    const { Error: isError, ErrorType } = await response.json();
    assert.deepEqual([isError, ErrorType], [true, "SoNotFoundException"]);
  }));

Deno.test("without a right ticket and secret the answer is 401", () =>
  withSuperOffice(async (stage) => {
    const ticket = await ticketOf(stage);
    const secret = stage.clientSecret;
    assert.equal(await whoAmI(stage, {}), 401);
    assert.equal(await whoAmI(stage, { authorization: `SOTicket ${ticket}` }), 401);
    assert.equal(await whoAmI(stage, { authorization: `SOTicket x`, "so-apptoken": secret }), 401);
    const other = stage.control.addTenant().contextIdentifier;
    stage.control.approve(other);
    assert.equal(await whoAmI(stage, withTicket(stage, ticket), other), 401);
    for (const scheme of ["SOTICKET", "soticket", "SoTicket"]) {
      const headers = { authorization: `${scheme} ${ticket}`, "so-apptoken": secret };
      assert.equal(await whoAmI(stage, headers), 200);
    }
  }));

Deno.test("a ticket lives six hours after its last use", () =>
  withSuperOffice(async (stage) => {
    const headers = withTicket(stage, await ticketOf(stage));
    const hour = 3_600_000;
    stage.at(6 * hour - 1);
    assert.equal(await whoAmI(stage, headers), 200);
    stage.at(12 * hour - 2);
    assert.equal(await whoAmI(stage, headers), 200);
    stage.at(18 * hour - 2);
    assert.equal(await whoAmI(stage, headers), 401);
    stage.at(12 * hour);
    assert.equal(await whoAmI(stage, headers), 401);
  }));

Deno.test("tickets go with the tenant's database, and do not work while consent is withdrawn", () =>
  withSuperOffice(async (stage) => {
    const headers = withTicket(stage, await ticketOf(stage));
    stage.control.revoke(tenant);
    assert.equal(await whoAmI(stage, headers), 401);
    stage.control.set({ ticketInvalidatedOnRevoke: false });
    assert.equal(await whoAmI(stage, headers), 200);
    assert.equal(stage.control.deleteTickets(tenant), 1);
    assert.equal(await whoAmI(stage, headers), 401);
  }));

Deno.test("the state endpoint says where a tenant lives, without credentials", () =>
  withSuperOffice(async (stage) => {
    const state = await stateOf(stage, "CUST12345");
    assert.deepEqual(Object.keys(state), [
      "ContextIdentifier",
      "Endpoint",
      "State",
      "IsRunning",
      "ValidUntil",
      "Api",
      "Version",
    ]);
    assert.equal(state.ContextIdentifier, "Cust12345");
    assert.equal(state.Api, `${stage.tenantUrls[0]}/Cust12345/api`);
    assert.equal(state.ValidUntil, "2026-11-22T13:00:00.0000000Z");
    const { v1 } = await (await fetch(String(state.Api))).json();
    assert.equal(v1, `${stage.tenantUrls[0]}/Cust12345/api/v1/`);
    assert.equal((await stateOf(stage, "Cust1")).State, "Unknown");
    stage.control.set({ stateUnknownTenant: "not_found" });
    const missing = await fetch(`${stage.url}/api/state/Cust1`);
    assert.equal(missing.status, 404);
    await missing.body?.cancel();
  }));

Deno.test("every published state is told; web services answer in two of them, else 503 or 404", () =>
  withSuperOffice(async (stage) => {
    const headers = withTicket(stage, await ticketOf(stage));
    const expected: readonly (readonly [TenantStateName, boolean, number])[] = [
      ["Unknown", false, 503],
      ["Provisioning", false, 503],
      ["Running", true, 200],
      ["Suspended", false, 503],
      ["OnlineMaintenance", true, 200],
      ["OfflineMaintenance", false, 503],
      ["ProvisioningFailed", false, 503],
      ["Deleting", false, 503],
      ["DeleteFailed", false, 503],
      ["MigrationPending", false, 503],
      ["Deleted", false, 404],
    ];
    assert.deepEqual(expected.map(([name]) => name).sort(), Object.keys(tenantStates).sort());
    for (const [name, isRunning, status] of expected) {
      stage.control.setTenantState(tenant, name);
      const { State, IsRunning } = await stateOf(stage, tenant);
      assert.deepEqual([State, IsRunning], [name, isRunning]);
      assert.equal(await whoAmI(stage, headers), status, name);
    }
  }));

Deno.test("a suspended tenant answers 503 and keeps its tickets; a deleted one stays so", () =>
  withSuperOffice(async (stage) => {
    const headers = withTicket(stage, await ticketOf(stage));
    stage.control.suspend(tenant);
    assert.equal((await stateOf(stage, tenant)).State, "Suspended");
    assert.equal(await whoAmI(stage, headers), 503);
    stage.control.resume(tenant);
    assert.equal(await whoAmI(stage, headers), 200);
    stage.control.remove(tenant);
    assert.equal((await stateOf(stage, tenant)).State, "Deleted");
    assert.equal(await whoAmI(stage, headers), 404);
    assert.throws(() => stage.control.resume(tenant), /^Error: Cannot change tenant .*: deleted$/);
  }));

Deno.test("a restored tenant has forgotten its tickets and what was made, not what it authorised", () =>
  withSuperOffice(async (stage) => {
    const { ticket, token } = await consentedTicket(stage);
    const api = `${stage.tenantUrls[0]}/${tenant}/api/v1`;
    const headers = { ...withTicket(stage, ticket), "content-type": "application/json" };
    const body = JSON.stringify({ Name: "Made after the backup" });
    const made = await fetch(`${api}/Contact`, { method: "POST", headers, body });
    const { ContactId } = await made.json();
    stage.control.restore(tenant);
    assert.equal(await whoAmI(stage, headers), 401);
    const again = await postExchange(stage, { SignedSystemToken: signToken(token) });
    assert.equal(again.status, 200);
    const fresh = withTicket(stage, String(payloadOf(again.Token)[`${claim}ticket`]));
    assert.equal(await whoAmI(stage, fresh), 200);
    const gone = await fetch(`${api}/Contact/${ContactId}`, { headers: fresh });
    await gone.body?.cancel();
    assert.equal(gone.status, 404);
  }));

Deno.test("an upgrade changes the version that the state endpoint and the web API tell", () =>
  withSuperOffice(async (stage) => {
    const versions = async () => {
      const { Api, Version } = await stateOf(stage, tenant);
      const { NetServerLabel, NetServerVersion } = await (await fetch(String(Api))).json();
      assert.equal(NetServerLabel, Version);
      return [Version, NetServerVersion];
    };
    const headers = withTicket(stage, await ticketOf(stage));
    assert.deepEqual(await versions(), ["Release_11.10_2026.02.24-02", "11.10"]);
    stage.control.upgrade(tenant);
    assert.deepEqual(await versions(), ["Release_11.11_2026.03.17-02", "11.11"]);
    assert.equal(await whoAmI(stage, headers), 200);
  }));

Deno.test("a right exchange still works after the clock of both sides moved", () =>
  withSuperOffice(async (stage) => {
    const { system_user_token: token } = stage.control.approve(tenant);
    stage.control.clockOffsetMs(3_600_000);
    const stale = await postExchange(stage, { SignedSystemToken: signToken(token) });
    assert.equal(stale.status, 401);
    const response = await fetch(`${stage.url}/login/.well-known/jwks`);
    await response.body?.cancel();
    const at = Date.parse(response.headers.get("date") ?? "");
    const fresh = await postExchange(stage, { SignedSystemToken: signToken(token, { at }) });
    assert.equal(fresh.status, 200);
  }));
