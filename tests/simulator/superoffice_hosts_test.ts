import assert from "node:assert/strict";
import { startSuperOffice } from "../../src/simulator/superoffice/server.ts";
import {
  claim,
  consented,
  noon,
  payloadOf,
  postExchange,
  type Stage,
  tenant,
  ticketOf,
  withSuperOffice,
  withTicket,
} from "./superoffice_client.ts";

const principal = `${tenant}/api/v1/User/currentPrincipal`;

async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

/** What the principal's address answers at the log-in host and at both tenant hosts. */
function statusesOf(stage: Stage, ticket: string): Promise<number[]> {
  const headers = withTicket(stage, ticket);
  const hosts = [stage.url, ...stage.tenantUrls];
  return Promise.all(hosts.map((host) => statusOf(`${host}/${principal}`, { headers })));
}

async function apiOf(stage: Stage, ctx = tenant): Promise<string> {
  const { Api } = await (await fetch(`${stage.url}/api/state/${ctx}`)).json();
  return Api;
}

/** The web API that a fresh exchange names. */
async function claimedApi(stage: Stage): Promise<unknown> {
  const answer = await postExchange(stage, {
    SignedSystemToken: consented(stage).SignedSystemToken,
  });
  return payloadOf(answer.Token)[`${claim}webapi_url`];
}

Deno.test("a tenant's web services answer at its own host and 421 at every other, log-in included", () =>
  withSuperOffice(async (stage) => {
    const headers = withTicket(stage, await ticketOf(stage));
    assert.equal(new Set([stage.url, ...stage.tenantUrls]).size, 3);
    for (const path of [principal, `${tenant}/API`, `${tenant}/api/v1/Contact/default`]) {
      assert.equal(await statusOf(`${stage.tenantUrls[0]}/${path}`, { headers }), 200, path);
      for (const host of [stage.url, stage.tenantUrls[1]]) {
        const wrong = await fetch(`${host}/${path}`, { headers });
        assert.equal(wrong.status, 421, `${host}/${path}`);
        assert.match(await wrong.text(), /Wrong subdomain used to access tenant/);
      }
    }
    for (const service of ["Contact.svc", "Person.svc"]) {
      const path = `${tenant}/Remote/Services88/${service}`;
      const soap = { method: "POST", headers: { "content-type": "text/xml" }, body: "<a/>" };
      assert.equal(await statusOf(`${stage.url}/${path}`, soap), 421, service);
      assert.equal(await statusOf(`${stage.tenantUrls[1]}/${path}`, soap), 421, service);
      assert.notEqual(await statusOf(`${stage.tenantUrls[0]}/${path}`, soap), 421, service);
    }
    const named = stage.tenantUrls[0].replace("127.0.0.1", "localhost");
    assert.equal(await statusOf(`${named}/${principal}`, { headers }), 200);
  }));

Deno.test("tenant hosts know neither log-in nor exchange nor states nor levers", () =>
  withSuperOffice(async ({ url, tenantUrls }) => {
    const paths = [
      "",
      "_control",
      "_control/tenants",
      "login/.well-known/openid-configuration",
      "login/.well-known/jwks",
      "login/common/oauth/authorize",
      `api/state/${tenant}`,
    ];
    for (const host of tenantUrls) {
      for (const path of paths) assert.equal(await statusOf(`${host}/${path}`), 404, path);
      const exchange = `${host}/Login/api/PartnerSystemUser/Authenticate`;
      assert.equal(await statusOf(exchange, { method: "POST", body: "{}" }), 404);
    }
    assert.equal(await statusOf(`${url}/api/state/${tenant}`), 200);
  }));

Deno.test("after a move the old host answers 421, and the state endpoint leads to the new one", () =>
  withSuperOffice(async (stage) => {
    const ticket = await ticketOf(stage);
    assert.deepEqual(await statusesOf(stage, ticket), [421, 200, 421]);
    const before = await apiOf(stage);
    stage.control.moveTenant(tenant);
    // The ticket is in the tenant's database, which moved with it.
    assert.deepEqual(await statusesOf(stage, ticket), [421, 421, 200]);
    const api = await apiOf(stage);
    assert.notEqual(api, before);
    assert.equal(api, `${stage.tenantUrls[1]}/${tenant}/api`);
    assert.equal((await (await fetch(api)).json()).v1, `${api}/v1/`);
    assert.equal(await claimedApi(stage), `${api}/`);
    assert.equal(
      payloadOf(stage.control.mintIdToken({ ctx: tenant }))[`${claim}netserver_url`],
      `${stage.tenantUrls[1]}/${tenant}/Remote/Services88/`,
    );
    stage.control.moveTenant(tenant);
    assert.deepEqual(await statusesOf(stage, ticket), [421, 200, 421]);
    stage.control.moveTenant(tenant);
    stage.control.moveTenant(tenant, null);
    assert.deepEqual(await statusesOf(stage, ticket), [421, 200, 421]);
  }));

Deno.test("a tenant may be moved to any origin, and is served where that origin leads here", () =>
  withSuperOffice(async (stage) => {
    const ticket = await ticketOf(stage);
    stage.control.moveTenant(tenant, "https://sod9.example.test");
    assert.equal(await apiOf(stage), `https://sod9.example.test/${tenant}/api`);
    assert.deepEqual(await statusesOf(stage, ticket), [421, 421, 421]);
    const alias = stage.tenantUrls[1].replace("127.0.0.1", "localhost");
    stage.control.moveTenant(tenant, alias);
    assert.deepEqual(await statusesOf(stage, ticket), [421, 421, 421]);
    const headers = withTicket(stage, ticket);
    assert.equal(await statusOf(`${alias}/${principal}`, { headers }), 200);
    stage.control.moveTenant(tenant, stage.tenantUrls[1]);
    assert.deepEqual(await statusesOf(stage, ticket), [421, 421, 200]);
  }));

Deno.test("tenants live apart: one moves, the other stays", () =>
  withSuperOffice(async (stage) => {
    const other = stage.control.addTenant().contextIdentifier;
    stage.control.moveTenant(other);
    assert.equal(await apiOf(stage), `${stage.tenantUrls[0]}/${tenant}/api`);
    assert.equal(await apiOf(stage, other), `${stage.tenantUrls[1]}/${other}/api`);
  }));

Deno.test("the verb moves to the other host, to an origin, and home", () =>
  withSuperOffice(async (stage) => {
    const move = async (body: Record<string, unknown>) => {
      const response = await fetch(`${stage.url}/_control/move_tenant`, {
        method: "POST",
        body: JSON.stringify({ context_identifier: tenant, ...body }),
      });
      const answer = await response.json();
      return response.ok ? new URL(await apiOf(stage)).origin : answer.error;
    };
    const [first, second] = stage.tenantUrls;
    assert.equal(await move({}), second);
    assert.equal(await move({ origin: "https://a.example" }), "https://a.example");
    assert.equal(await move({}), first);
    assert.equal(await move({}), second);
    assert.equal(await move({ origin: null }), first);
    assert.equal(await move({ origin: 7 }), "Cannot read origin: not a string");
    for (const origin of ["sod2", "ftp://a.example", "https://a.example/path"]) {
      const why = "Cannot move tenant Cust12345: not an origin of http or https";
      assert.equal(await move({ origin }), why);
    }
    assert.equal(await apiOf(stage), `${first}/${tenant}/api`);
  }));

Deno.test("a moved tenant is at the same host after a restart, whatever its port is then", async () => {
  let snapshot = "";
  const before = await startSuperOffice({ onChange: (latest) => snapshot = latest });
  before.control.moveTenant(tenant, before.tenantUrls[1]);
  await before.close();
  const after = await startSuperOffice({ snapshot });
  try {
    const { Api } = await (await fetch(`${after.url}/api/state/${tenant}`)).json();
    assert.equal(Api, `${after.tenantUrls[1]}/${tenant}/api`);
  } finally {
    await after.close();
  }
});

Deno.test("every host sends the simulator's time as Date", () =>
  withSuperOffice(async (stage) => {
    stage.control.clockOffsetMs(3_600_000);
    for (const host of [stage.url, ...stage.tenantUrls]) {
      for (const path of [`${tenant}/api`, "nowhere"]) {
        const response = await fetch(`${host}/${path}`);
        await response.body?.cancel();
        const date = Date.parse(response.headers.get("date") ?? "");
        assert.equal(date, noon + 3_600_000, `${host}/${path}`);
      }
    }
  }));

Deno.test("tenant ports are as asked for; when one is taken, nothing stays open", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const free = () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    listener.close();
    return listener.addr.port;
  };
  const [port, first, second] = [free(), free(), free()];
  try {
    const tenantPorts = [first, taken.addr.port] as const;
    await assert.rejects(startSuperOffice({ port, tenantPorts }), Deno.errors.AddrInUse);
  } finally {
    taken.close();
  }
  const superoffice = await startSuperOffice({ port, tenantPorts: [first, second] });
  try {
    assert.deepEqual(
      [superoffice.url, ...superoffice.tenantUrls],
      [port, first, second].map((each) => `http://127.0.0.1:${each}`),
    );
  } finally {
    await superoffice.close();
  }
});
