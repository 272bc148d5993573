/** What a person sees: signing in, choosing a tenant, approving or declining; the older login too. */
import assert from "node:assert/strict";
import {
  authorizeUrl,
  claim,
  hiddenFieldsOf,
  open,
  payloadOf,
  redirectUri,
  signInAndApprove,
  submit,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

const noAccess = /<p role="alert" class="banner">Your account does not have access to this/;

Deno.test("an administrator signs in, approves, and comes back with state before code", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage);
    const signIn = await open(url);
    assert.match(signIn.html, /admin@example\.test/);
    const approval = await submit(url, signIn, { username: "admin@example.test" });
    assert.match(approval.html, /Do you want to approve Box Office by/);
    assert.match(approval.html, /<button[^>]*>I approve<\/button>/);
    assert.equal(stage.control.tenants()[0]?.authorization, null);
    const back = await submit(url, approval, { decision: "approve" });
    assert.equal(back.status, 302);
    assert.match(
      back.location ?? "",
      /^http:\/\/localhost:8000\/consent\/callback\?state=the\+state&code=[A-Za-z0-9]{64}$/,
    );
    assert.equal(stage.control.tenants()[0]?.authorization, "active");
  }));

Deno.test("an approved app is not asked about again, and a person without rights may sign in", () =>
  withSuperOffice(async (stage) => {
    stage.control.approve(tenant);
    const url = authorizeUrl(stage);
    for (const username of ["admin@example.test", "user@example.test"]) {
      const back = await submit(url, await open(url), { username });
      assert.match(back.location ?? "", /&code=/);
    }
  }));

Deno.test("who is no administrator cannot approve", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage);
    const refused = await submit(url, await open(url), { username: "user@example.test" });
    assert.match(refused.html, noAccess);
    const forced = await submit(url, refused, {
      username: "user@example.test",
      decision: "approve",
    });
    assert.match(forced.html, noAccess);
    assert.equal(stage.control.tenants()[0]?.authorization, null);
  }));

Deno.test("an ended authorization must be approved again and keeps its token, by default", () =>
  withSuperOffice(async (stage) => {
    const { system_user_token: before } = stage.control.approve(tenant);
    stage.control.revoke(tenant);
    await signInAndApprove(authorizeUrl(stage));
    assert.equal(stage.control.approve(tenant).system_user_token, before);
    assert.match(before, /^Box Office-[A-Za-z0-9]{10}$/);
    stage.control.set({ newSystemTokenOnReapproval: true });
    stage.control.revoke(tenant);
    assert.notEqual(stage.control.approve(tenant).system_user_token, before);
  }));

Deno.test("until an ended authorization is approved again, nobody else gets in", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage);
    for (const end of ["revoke", "expireAuthorization", "requireReapproval"] as const) {
      stage.control.approve(tenant);
      stage.control[end](tenant);
      const out = await submit(url, await open(url), { username: "user@example.test" });
      assert.match(out.html, noAccess);
      assert.match((await signInAndApprove(url)).location ?? "", /&code=/);
      const back = await submit(url, await open(url), { username: "user@example.test" });
      assert.match(back.location ?? "", /&code=/);
    }
  }));

Deno.test("cancelling redirects with access_denied and approves nothing", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage);
    const approval = await submit(url, await open(url), { username: "admin@example.test" });
    const back = await submit(url, approval, { decision: "cancel" });
    assert.equal(back.location, `${redirectUri}?state=the+state&error=access_denied`);
    assert.equal(stage.control.tenants()[0]?.authorization, null);
  }));

Deno.test("an app with an error address gets there whoever declines, at both logins", () =>
  withSuperOffice(async (stage) => {
    stage.control.registerErrorUrl("https://tickets.example.com/declined");
    for (const url of [authorizeUrl(stage), `${stage.url}/login/?app_id=${stage.clientId}`]) {
      const approval = await submit(url, await open(url), { username: "admin@example.test" });
      const back = await submit(url, approval, { decision: "cancel" });
      assert.equal(back.location, "https://tickets.example.com/declined");
      // Who may not approve has declined nothing.
      assert.match((await submit(url, approval, { username: "user@example.test" })).html, noAccess);
    }
    stage.control.registerErrorUrl(null);
    const legacy = `${stage.url}/login/?app_id=${stage.clientId}`;
    const approval = await submit(legacy, await open(legacy), { username: "admin@example.test" });
    const page = await submit(legacy, approval, { decision: "cancel" });
    assert.deepEqual([page.status, page.location], [400, null]);
    assert.match(page.html, /Authorization error: Denied \(4\)/);
  }));

Deno.test("a person chooses among the tenants they belong to, and gets into no other", () =>
  withSuperOffice(async (stage) => {
    const [second, third] = [stage.control.addTenant(), stage.control.addTenant()];
    const add = async (body: unknown) => {
      const init = { method: "POST", body: JSON.stringify(body) };
      const response = await fetch(`${stage.url}/_control/add_person`, init);
      return [response.status, await response.json()];
    };
    const username = "zoe@example.test";
    const person = { username, first_name: "Zoe", last_name: "Olsen", administrator: true };
    const own = [second.contextIdentifier.toLowerCase(), third.contextIdentifier];
    const [status, added] = await add({ ...person, tenants: own });
    assert.equal(status, 200);
    assert.deepEqual([added.username, added.initials], [username, "ZO"]);
    assert.equal(stage.control.people().at(-1)?.associateId, 13);
    assert.equal((await add(person))[0], 400);
    assert.equal((await add({ ...person, username: "y@x.test", tenants: ["Cust1"] }))[0], 400);
    const url = authorizeUrl(stage, { login_hint: username });
    const signIn = await open(url);
    assert.match(signIn.html, /value="zoe@example\.test" checked/);
    const list = await submit(url, signIn, { username });
    const offered = [...list.html.matchAll(/name="tenant" value="(Cust\d+)"/g)].map(([, ctx]) =>
      ctx
    );
    assert.deepEqual(offered, [second.contextIdentifier, third.contextIdentifier]);
    const forced = await submit(url, list, { tenant });
    assert.deepEqual([forced.status, forced.location], [200, null]);
    for (
      const named of [
        authorizeUrl(stage, { acr_values: `tenant:${tenant}` }),
        authorizeUrl(stage, {}, tenant),
      ]
    ) {
      assert.match((await submit(named, await open(named), { username })).html, noAccess);
    }
    const approval = await submit(url, list, { tenant: third.contextIdentifier });
    assert.match((await submit(url, approval, { decision: "approve" })).location ?? "", /&code=/);
    assert.equal(stage.control.tenants()[2]?.authorization, "active");
    stage.control.addPerson({
      username: "o@x.test",
      firstName: "O",
      lastName: "P",
      tenants: [tenant],
    });
    const only = await submit(url, await open(url), { username: "o@x.test" });
    assert.match(only.html, noAccess);
  }));

Deno.test("several tenants are offered, unless the request names one in either way", () =>
  withSuperOffice(async (stage) => {
    const { contextIdentifier } = stage.control.addTenant({ companyName: "Other & Sons AS" });
    const url = authorizeUrl(stage);
    const list = await submit(url, await open(url), { username: "admin@example.test" });
    assert.match(list.html, /value="Cust12345"/);
    assert.match(list.html, /Other &amp; Sons AS/);
    const approval = await submit(url, list, { tenant: contextIdentifier });
    assert.match(approval.html, /Other &amp; Sons AS/);
    const named = [
      authorizeUrl(stage, { acr_values: "tenant:cust12346" }),
      authorizeUrl(stage, {}, "CUST12346"),
    ];
    for (const direct of named) {
      const page = await submit(direct, await open(direct), { username: "admin@example.test" });
      assert.match(page.html, /Other &amp; Sons AS \(Cust12346\)/);
    }
    const nowhere = authorizeUrl(stage, { acr_values: "tenant:Cust999" });
    const refused = await submit(nowhere, await open(nowhere), { username: "admin@example.test" });
    assert.match(refused.html, noAccess);
  }));

Deno.test("the legacy login posts one JWT field to the default redirect URL", () =>
  withSuperOffice(async (stage) => {
    stage.control.registerRedirectUrl(redirectUri);
    const url = `${stage.url}/login/?app_id=${stage.clientId}&ctx=Cust12345`;
    const page = await signInAndApprove(url);
    assert.ok(page.html.includes(`action="${redirectUri}"`));
    const fields = hiddenFieldsOf(page.html);
    assert.deepEqual(Object.keys(fields), ["JWT"]);
    const claims = payloadOf(fields.JWT);
    assert.equal(claims.iss, "SuperOffice AS");
    assert.equal(claims.aud, `spn:${stage.control.tenants()[0]?.serial}`);
    assert.equal(claims[`${claim}firstname`], "Ada");
    assert.match(String(claims[`${claim}ticket`]), /^7T:/);
    assert.match(String(claims[`${claim}system_token`]), /^Box Office-/);
    stage.control.set({ jwtFieldCase: "Jwt", legacyJwt: { raw: "bent" } });
    const bent = await submit(url, await open(url), { username: "admin@example.test" });
    assert.deepEqual(hiddenFieldsOf(bent.html), { Jwt: "bent" });
    const elsewhere = `${url}&redirect_url=https://evil.test/`;
    const home = await submit(elsewhere, await open(elsewhere), { username: "admin@example.test" });
    assert.equal(home.location, `${stage.tenantUrls[0]}/Cust12345`);
  }));
