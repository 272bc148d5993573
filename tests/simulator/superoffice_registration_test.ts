/** The Developer Portal: what is registered of an app, what it shows, what it refuses. */
import assert from "node:assert/strict";
import { startSuperOffice } from "../../src/simulator/superoffice/server.ts";
import {
  appPublicKeyPem,
  authorizeUrl,
  consented,
  open,
  submit,
  tenant,
  withSuperOffice,
} from "./superoffice_client.ts";
import { call, registerOther } from "./superoffice_apps_client.ts";

Deno.test("redirect URLs are an app's own, and the approval page names it with its own text", () =>
  withSuperOffice(async (stage) => {
    const { client_id } = await registerOther(stage, {
      vendor: "Others & Co",
      authorize_text: "We read <everything>.",
    });
    const redirect_uri = "https://other.example.com/cb";
    await call(stage, "register_redirect_url", { url: redirect_uri, client_id });
    assert.equal((await open(authorizeUrl(stage, { redirect_uri }))).status, 400);
    const url = authorizeUrl(stage, { redirect_uri, client_id });
    const page = await submit(url, await open(url), { username: "admin@example.test" });
    assert.match(page.html, /Do you want to approve Other App by Others &amp; Co\?/);
    assert.match(page.html, /<p>We read &lt;everything&gt;\.<\/p>/);
  }));

Deno.test("the portal shows what is registered, and neither key nor token", () =>
  withSuperOffice(async (stage) => {
    const { token } = consented(stage);
    const { client_id } = await registerOther(stage, { native: true, system_token: false });
    await call(stage, "register_state_change_url", {
      url: "http://localhost:1/changed",
      client_id,
    });
    await call(stage, "register_post_logout_url", { url: "http://localhost:1/out", client_id });
    await call(stage, "register_error_url", { url: "http://localhost:1/error", client_id });
    const apps = stage.control.apps();
    assert.deepEqual(await (await fetch(`${stage.url}/_control/apps`)).json(), apps);
    assert.equal(apps.length, 2);
    const { client_secret: _, public_key, ...shown } = apps[1]!;
    assert.deepEqual(shown, {
      client_id,
      name: "Other App",
      vendor: "Other App Makers AS",
      authorize_text: "Other App wants a system user in your SuperOffice.",
      redirect_urls: [],
      post_logout_urls: ["http://localhost:1/out"],
      state_change_url: "http://localhost:1/changed",
      error_url: "http://localhost:1/error",
      system_token: false,
      native: true,
    });
    assert.match(public_key?.sha256 ?? "", /^[0-9a-f]{64}$/);
    assert.equal(public_key?.bits, 1024);
    assert.ok(!JSON.stringify(apps).includes(token.slice(-10)));
    assert.ok(!JSON.stringify(apps).includes(appPublicKeyPem().split("\n")[1] ?? ""));
    await call(stage, "register_state_change_url", { url: null, client_id });
    assert.equal(stage.control.apps()[1]?.state_change_url, null);
  }));

Deno.test("the portal refuses names it could not print in a token, addresses that are none, other apps", () =>
  withSuperOffice(async (stage) => {
    const marks = [...".:;?*~#%|=\\/{}<>'\""].map((mark) => `App${mark}`);
    for (const name of ["", " ", "a".repeat(65), ...marks]) {
      const { error } = await call(stage, "register_app", { name }) as { error: string };
      assert.match(error, /^Cannot register app/, name);
    }
    stage.control.registerApp({ name: "Åse-Marie & Søn, 100 (x) " + "a".repeat(39) });
    assert.throws(() => stage.control.registerRedirectUrl("nowhere"), /neither an absolute URL/);
    assert.throws(() => stage.control.registerRedirectUrl("^("), /neither an absolute URL/);
    assert.throws(() => stage.control.approve(tenant, "0"), /Cannot find app 0: unknown/);
    const { error } = await call(stage, "register_app", { name: "A", native: "yes" }) as {
      error: string;
    };
    assert.equal(error, "Cannot read native: not true or false");
  }));

Deno.test("what the portal refuses as a redirect URL, it does not start with", async () => {
  for (const redirectUrl of ["^(", "nowhere", ""]) {
    await assert.rejects(startSuperOffice({ redirectUrls: [redirectUrl] }), /neither an absolute/);
  }
});
