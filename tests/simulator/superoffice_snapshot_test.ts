/** What a restart keeps, and that a newer release reads what an older one kept. */
import type { AppView } from "../../src/simulator/superoffice/levers/registration.ts";
import assert from "node:assert/strict";
import {
  startSuperOffice,
  type SuperOfficeSimulator,
} from "../../src/simulator/superoffice/server.ts";
import {
  appPublicKeyPem,
  authorizeUrl,
  claim,
  noon,
  open,
  payloadOf,
  postExchange,
  postToken,
  redirectUri,
  signToken,
  submit,
  tenant,
  ticketOf,
  withSuperOffice,
  withTicket,
} from "./superoffice_client.ts";

/** The last snapshot of a simulator that `play` was done to. */
async function snapshotAfter(play: Parameters<typeof withSuperOffice>[0]): Promise<string> {
  let snapshot = "";
  // Told at the end alone: a thousand snapshots take their time.
  await withSuperOffice(play, { onChange: (latest) => snapshot = latest, changeDelayMs: 60_000 });
  return snapshot;
}

Deno.test("a snapshot of the release that knew one app is read: same app, tenants, consents, tokens", async () => {
  let refresh_token = "";
  let token = "";
  const snapshot = await snapshotAfter(async (stage) => {
    token = stage.control.approve(tenant).system_user_token;
    stage.control.suspend(stage.control.addTenant().contextIdentifier);
    const url = authorizeUrl(stage, {}, tenant);
    const { location } = await submit(url, await open(url), { username: "admin@example.test" });
    const code = new URL(location ?? "").searchParams.get("code") ?? "";
    const grant = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
    refresh_token = String((await postToken(stage, grant)).body.refresh_token);
  });
  const { apps: [app], ...now } = JSON.parse(snapshot);
  const first = {
    version: 1,
    client_id: app.client_id,
    client_secret: app.client_secret,
    app_name: "Box Office",
    app_vendor: "Box Office Makers AS",
    app_public_key: appPublicKeyPem(),
    redirect_urls: ["https://tickets.example.com/cb"],
    people: now.people,
    tenants: now.tenants,
    authorizations: [{
      contextIdentifier: tenant,
      status: "active",
      systemUserToken: token,
      approvedBy: "admin@example.test",
      approvedAt: noon,
    }],
    login_keys: now.login_keys,
    refresh_tokens: [[refresh_token, {
      contextIdentifier: tenant,
      username: "admin@example.test",
    }]],
  };
  let written = "";
  const after = await startSuperOffice({
    snapshot: JSON.stringify(first),
    clock: () => noon,
    onChange: (latest) => written = latest,
  });
  try {
    assert.deepEqual(
      [after.clientId, after.clientSecret, after.appName],
      [app.client_id, app.client_secret, "Box Office"],
    );
    // There was one list for both.
    const [{ redirect_urls, post_logout_urls }] = after.control.apps() as [AppView];
    assert.deepEqual(redirect_urls, ["https://tickets.example.com/cb"]);
    assert.deepEqual(post_logout_urls, redirect_urls);
    assert.deepEqual(
      after.control.tenants().map(({ state, authorization }) => [state, authorization]),
      [
        ["Running", "active"],
        ["Suspended", null],
      ],
    );
    const answer = await postExchange(after, { SignedSystemToken: signToken(token) });
    assert.equal(answer.status, 200);
    const refreshed = await postToken(after, { grant_type: "refresh_token", refresh_token });
    assert.equal(refreshed.status, 200);
    assert.equal(JSON.parse(written).version, 2);
  } finally {
    await after.close();
  }
});

Deno.test("several apps come back as they were", async () => {
  let before: unknown;
  let tenants: unknown;
  const snapshot = await snapshotAfter(({ control }) => {
    const { client_id } = control.registerApp({
      name: "Other",
      vendor: "Others",
      authorizeText: "Text",
      isNative: true,
      hasSystemToken: false,
    });
    control.registerPublicKey(appPublicKeyPem(), client_id);
    control.registerRedirectUrl("https://a.example.com/", client_id);
    control.registerPostLogoutUrl("https://b.example.com/", client_id);
    control.registerStateChangeUrl("https://c.example.com/", client_id);
    control.registerErrorUrl("https://d.example.com/", client_id);
    control.approve(tenant);
    control.approve(tenant, client_id);
    control.revoke(tenant, client_id);
    before = control.apps();
    tenants = control.tenants().map(({ authorization }) => authorization);
  });
  const after = await startSuperOffice({ snapshot });
  try {
    assert.deepEqual(after.control.apps(), before);
    assert.deepEqual(after.control.tenants().map(({ authorization }) => authorization), tenants);
    const statuses = JSON.parse(snapshot).authorizations.map(({ status }: { status: string }) =>
      status
    );
    assert.deepEqual(statuses, ["active", "revoked"]);
  } finally {
    await after.close();
  }
});

Deno.test("tickets and companies survive a restart; a ticket's use and end count as before", async () => {
  const hour = 3_600_000;
  let ticket = "";
  let unused = "";
  let snapshot = "";
  await withSuperOffice(async (stage) => {
    ticket = await ticketOf(stage);
    unused = await ticketOf(stage);
    assert.equal(await createCompany(stage, ticket), 200);
    stage.at(hour);
    const { Api } = await (await fetch(`${stage.url}/api/state/${tenant}`)).json();
    const headers = withTicket(stage, ticket);
    const use = await fetch(`${Api}/v1/User/currentPrincipal`, { headers });
    await use.body?.cancel();
    assert.equal(use.status, 200);
    assert.equal(JSON.parse(snapshot).tickets.length, 2);
  }, { onChange: (latest) => snapshot = latest });
  for (const [at, status, other] of [[5, 200, 200], [6.5, 200, 401], [7, 401, 401]] as const) {
    let again = "";
    const after = await startSuperOffice({
      snapshot,
      clock: () => noon + at * hour,
      onChange: (latest) => again = latest,
    });
    try {
      assert.deepEqual(after.control.contacts(tenant).map(({ Name }) => Name), ["Kept AS"]);
      const left = JSON.parse(again).tickets.map(([text]: [string]) => text);
      assert.deepEqual(
        left,
        [...status === 200 ? [ticket] : [], ...other === 200 ? [unused] : []],
      );
      assert.equal(await createCompany(after, ticket), status);
      assert.equal(await createCompany(after, unused), other);
    } finally {
      await after.close();
    }
  }
});

Deno.test("changes are told together after a while, and the last of them before the end", async () => {
  const told: string[] = [];
  await withSuperOffice(({ control }) => {
    for (let count = 0; count < 5; count++) control.addTenant();
    assert.deepEqual(told, []);
  }, { onChange: (snapshot) => told.push(snapshot), changeDelayMs: 60_000 });
  assert.deepEqual(told.map((snapshot) => JSON.parse(snapshot).tenants.length), [6]);
  const next = Promise.withResolvers<string>();
  await withSuperOffice(async ({ control }) => {
    control.addTenant();
    assert.equal(JSON.parse(await next.promise).tenants.length, 2);
  }, { onChange: next.resolve, changeDelayMs: 1 });
});

Deno.test("of very many tickets the newest survive a restart", async () => {
  const tickets: string[] = [];
  const snapshot = await snapshotAfter(({ control }) => {
    control.approve(tenant);
    for (let count = 0; count < 1002; count++) {
      // Signing takes longest.
      const token = control.mintExchangeToken({ ctx: tenant, alg: "none" });
      tickets.push(String(payloadOf(token)[`${claim}ticket`]));
    }
    control.addTenant();
  });
  const after = await startSuperOffice({ snapshot, clock: () => noon });
  try {
    const statuses = await Promise.all([0, 2, 1001].map(async (index) => {
      const address = `${after.tenantUrls[0]}/${tenant}/api/v1/User/currentPrincipal`;
      const answer = await fetch(address, { headers: withTicket(after, tickets[index]!) });
      await answer.body?.cancel();
      return answer.status;
    }));
    assert.deepEqual(statuses, [401, 200, 200]);
  } finally {
    await after.close();
  }
});

Deno.test("a deleted ticket stays deleted after a restart", async () => {
  let ticket = "";
  const snapshot = await snapshotAfter(async (stage) => {
    ticket = await ticketOf(stage);
    stage.control.deleteTickets(tenant);
  });
  const after = await startSuperOffice({ snapshot, clock: () => noon });
  try {
    assert.equal(await createCompany(after, ticket), 401);
  } finally {
    await after.close();
  }
});

/** Where the tenant lives now. */
async function createCompany(superoffice: SuperOfficeSimulator, ticket: string): Promise<number> {
  const { Api } = await (await fetch(`${superoffice.url}/api/state/${tenant}`)).json();
  const response = await fetch(`${Api}/v1/Contact`, {
    method: "POST",
    headers: { ...withTicket(superoffice, ticket), "content-type": "application/json" },
    body: JSON.stringify({ Name: "Kept AS" }),
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test("what is no snapshot is refused", async () => {
  for (
    const snapshot of ["{}", "null", '{"version":3}', '{"version":1}', '{"version":2,"apps":[]}']
  ) {
    await assert.rejects(startSuperOffice({ snapshot }), /snapshot: damaged$/);
  }
});
