import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { headerOf, open, tenant, withSuperOffice } from "./superoffice_client.ts";

Deno.test("discovery names the issuer without a path, and every endpoint under it", () =>
  withSuperOffice(async (stage) => {
    const response = await fetch(`${stage.url}/Login/.WELL-KNOWN/OpenID-Configuration/`);
    const document = await response.json();
    assert.equal(document.issuer, stage.url);
    assert.equal(document.authorization_endpoint, `${stage.url}/login/common/oauth/authorize`);
    assert.equal(document.token_endpoint, `${stage.url}/login/common/oauth/tokens`);
    assert.equal(document.jwks_uri, `${stage.url}/login/.well-known/jwks`);
    assert.deepEqual(document.response_modes_supported, ["form_post", "fragment", "query"]);
    assert.equal(response.headers.get("date"), "Sun, 22 Nov 2026 12:00:00 GMT");
  }));

Deno.test("the published key comes with a certificate whose SHA-1 names it", () =>
  withSuperOffice(async (stage) => {
    const { keys } = await (await fetch(`${stage.url}/login/.well-known/jwks`)).json();
    assert.equal(keys.length, 1);
    const [{ kid, x5t, x5c, n }] = keys;
    const leaf = new X509Certificate(Buffer.from(x5c[0], "base64"));
    assert.equal(kid, leaf.fingerprint.replaceAll(":", ""));
    assert.equal(x5t, Buffer.from(kid, "hex").toString("base64url"));
    assert.equal(leaf.publicKey.export({ format: "jwk" }).n, n);
    assert.ok(leaf.verify(leaf.publicKey));
    assert.equal(leaf.ca, false);
    assert.match(leaf.subject, /CN=SuperOffice Online .* Federated Login/);
  }));

Deno.test("after rotation new tokens name the new key, and the old one stays if they overlap", () =>
  withSuperOffice(async (stage) => {
    const kids = async () => {
      const { keys } = await (await fetch(`${stage.url}/login/.well-known/jwks`)).json();
      return keys.map(({ kid }: { kid: string }) => kid);
    };
    const [first] = await kids();
    await stage.control.rotateLoginKey({ overlap: true });
    const [second, still] = await kids();
    assert.equal(still, first);
    assert.equal(headerOf(stage.control.mintIdToken({ ctx: tenant })).kid, second);
    await stage.control.rotateLoginKey({ overlap: false });
    assert.equal((await kids()).length, 1);
    assert.notEqual((await kids())[0], second);
  }));

Deno.test("logging out goes on to a registered post-logout address, not to a redirect URL", () =>
  withSuperOffice(async (stage) => {
    const registered = "https://tickets.example.com/out";
    const redirect = "https://tickets.example.com/cb";
    stage.control.registerPostLogoutUrl(registered);
    stage.control.registerRedirectUrl(redirect);
    const logout = (fields: Record<string, string>) =>
      open(`${stage.url}/login/logout?${new URLSearchParams(fields)}`);
    assert.equal((await logout({ post_logout_redirect_uri: registered })).location, registered);
    const posted = await fetch(`${stage.url}/login/logout`, {
      method: "POST",
      body: new URLSearchParams({ post_logout_redirect_uri: registered, state: "s" }),
      redirect: "manual",
    });
    await posted.body?.cancel();
    assert.equal(posted.headers.get("location"), `${registered}?state=s`);
    for (const fields of [{}, { post_logout_redirect_uri: redirect }]) {
      const { status, location, html } = await logout(fields);
      assert.deepEqual([status, location], [200, null]);
      assert.match(html, /You have signed out/);
    }
  }));

Deno.test("logging out goes on to an accepted address only", () =>
  withSuperOffice(async (stage) => {
    const logout = (to: string) =>
      open(`${stage.url}/login/logout?state=s&post_logout_redirect_uri=${encodeURIComponent(to)}`);
    assert.equal(
      (await logout("http://localhost:1/out")).location,
      "http://localhost:1/out?state=s",
    );
    assert.equal((await logout("https://evil.test/")).location, null);
  }));
