/** Refresh and access tokens: how they are used and how they end. */
import assert from "node:assert/strict";
import {
  claim,
  codeFrom,
  grant,
  payloadOf,
  postToken,
  redirectUri,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";

Deno.test("a refresh token is reusable, brings no new one, and ends by revocation", () =>
  withSuperOffice(async (stage) => {
    const first = await postToken(stage, grant(await codeFrom(stage)));
    const refresh_token = String(first.body.refresh_token);
    const refresh = () => postToken(stage, { grant_type: "refresh_token", refresh_token });
    for (let time = 0; time < 2; time++) {
      const { status, body } = await refresh();
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(body), ["token_type", "access_token", "expires_in", "id_token"]);
      assert.ok(payloadOf(body.id_token)[`${claim}system_token`]);
    }
    const { clientId, clientSecret } = stage;
    const revoked = await fetch(`${stage.url}/login/common/oauth/Revoke`, {
      method: "POST",
      body: new URLSearchParams({
        client_id: clientId,
        client_secret: clientSecret,
        token: refresh_token,
      }),
    });
    assert.equal(revoked.status, 200);
    await revoked.body?.cancel();
    assert.equal((await refresh()).body.error, "invalid_grant");
  }));

Deno.test("a refresh may name scope and redirect URL in either spelling, in the query too", () =>
  withSuperOffice(async (stage) => {
    const first = await postToken(stage, grant(await codeFrom(stage)));
    const fields = {
      grant_type: "refresh_token",
      refresh_token: String(first.body.refresh_token),
      scope: "openid",
    };
    for (const name of ["redirect_url", "redirect_uri"]) {
      const { status, body } = await postToken(stage, { ...fields, [name]: redirectUri });
      assert.equal(status, 200);
      assert.equal(payloadOf(body.id_token).aud, stage.clientId);
    }
    const client = { client_id: stage.clientId, client_secret: stage.clientSecret };
    const query = new URLSearchParams({ ...fields, ...client });
    const url = `${stage.url}/login/common/oauth/tokens?${query}`;
    const response = await fetch(url, { method: "POST" });
    await response.body?.cancel();
    assert.equal(response.status, 200);
  }));

Deno.test("a refresh token ends with the tenant's authorization and works again with it", () =>
  withSuperOffice(async (stage) => {
    const first = await postToken(stage, grant(await codeFrom(stage)));
    const refresh_token = String(first.body.refresh_token);
    const refresh = () => postToken(stage, { grant_type: "refresh_token", refresh_token });
    for (const end of ["revoke", "expireAuthorization", "requireReapproval"] as const) {
      stage.control[end](tenant);
      assert.equal((await refresh()).body.error, "invalid_grant");
      stage.control.approve(tenant);
      assert.equal((await refresh()).status, 200);
    }
  }));

Deno.test("an access token opens its tenant for an hour, and ends when it is revoked", () =>
  withSuperOffice(async (stage) => {
    const { Api } = await (await fetch(`${stage.url}/api/state/${tenant}`)).json();
    const ask = async (token: unknown) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${Api}/v1/User/currentPrincipal`, { headers });
      const body = await response.json();
      return [response.status, body.EMailAddress ?? null];
    };
    const tokenOf = async () =>
      (await postToken(stage, grant(await codeFrom(stage)))).body.access_token;
    const [first, second] = [await tokenOf(), await tokenOf()];
    assert.deepEqual(await ask(first), [200, "admin@example.test"]);
    const body = new URLSearchParams({
      token: String(first),
      client_id: stage.clientId,
      client_secret: stage.clientSecret,
    });
    const revoked = await fetch(`${stage.url}/login/common/oauth/revoke`, { method: "POST", body });
    await revoked.body?.cancel();
    assert.deepEqual([(await ask(first))[0], (await ask(second))[0]], [401, 200]);
    stage.at(3_600_000);
    assert.equal((await ask(second))[0], 401);
  }));
