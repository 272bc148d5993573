/** What a web page elsewhere may make a browser do here: nothing that signs, approves or reads. */
import assert from "node:assert/strict";
import { startKms } from "../support/kms.ts";
import { sendRaw } from "../support/raw_http.ts";
import { authorizeUrl, open, submit, tenant, withSuperOffice } from "./superoffice_client.ts";

const foreign: Readonly<Record<string, Record<string, string>>> = {
  "another origin": { origin: "https://evil.example" },
  "no origin at all": { origin: "null" },
  "another site": { "sec-fetch-site": "cross-site" },
  "another port of this machine": { "sec-fetch-site": "same-site" },
};

const approval = { username: "admin@example.test", tenant, decision: "approve" };

Deno.test("no page elsewhere uses a key of Cloud KMS, nor ends one", async () => {
  const kms = await startKms();
  try {
    const key = `${kms.url}/v1/${kms.keyVersion}`;
    for (const [name, headers] of Object.entries(foreign)) {
      for (
        const [method, path] of [["POST", ":asymmetricSign"], ["POST", ":destroy"], ["GET", ""]]
      ) {
        // A text body needs no leave of the stand-in's: the browser sends it at once.
        const init = method === "GET" ? { headers } : { method: "POST", headers, body: "{}" };
        const answer = await fetch(`${key}${path}`, init);
        const { error } = await answer.json();
        assert.deepEqual([answer.status, error.status], [403, "PERMISSION_DENIED"], name + path);
      }
    }
    assert.equal(kms.keyVersions()[0]?.state, "ENABLED");
    assert.equal(kms.signatures(), 0);
    const rebound = await sendRaw(new URL(kms.url), [
      `GET /v1/${kms.keyVersion}/publicKey HTTP/1.1`,
      "host: evil.example",
      "sec-fetch-site: same-origin",
      "connection: close",
    ]);
    assert.equal(rebound.status, 403);
  } finally {
    await kms.close();
  }
});

Deno.test("a proxy before Cloud KMS may have a name of its own", async () => {
  const kms = await startKms();
  try {
    const head = [`GET /v1/${kms.keyVersion}/publicKey HTTP/1.1`, "host: kms", "connection: close"];
    assert.equal((await sendRaw(new URL(kms.url), head)).status, 200);
  } finally {
    await kms.close();
  }
});

Deno.test("nobody approves by following a link, nor by another page's form", () =>
  withSuperOffice(async (stage) => {
    const url = authorizeUrl(stage);
    const linked = await open(`${url}&${new URLSearchParams(approval)}`);
    assert.deepEqual([linked.status, linked.location], [200, null]);
    assert.match(linked.html, /<h1>Sign in<\/h1>/);
    const legacy = `${stage.url}/login/?app_id=${stage.clientId}`;
    await open(`${legacy}&${new URLSearchParams(approval)}`);
    for (const headers of Object.values(foreign)) {
      for (const address of [url, legacy]) {
        const body = new URLSearchParams(approval);
        const answer = await fetch(address, { method: "POST", headers, body, redirect: "manual" });
        assert.deepEqual([answer.status, answer.headers.get("location")], [200, null]);
        await answer.body?.cancel();
      }
    }
    assert.equal(stage.control.tenants()[0]?.authorization, null);
    const own = await submit(url, await open(url), approval);
    assert.equal(own.status, 302);
    assert.equal(stage.control.tenants()[0]?.authorization, "active");
  }));

Deno.test("a browser that came by a foreign name sees nothing of SuperOffice, at any host", () =>
  withSuperOffice(async ({ url, tenantUrls }) => {
    for (const host of [url, ...tenantUrls]) {
      for (const path of ["/login/.well-known/jwks", `/${tenant}/api`]) {
        const head = [`GET ${path} HTTP/1.1`, "host: evil.example", "connection: close"];
        const rebound = await sendRaw(new URL(host), [...head, "sec-fetch-site: same-origin"]);
        assert.equal(rebound.status, 403);
        assert.notEqual((await sendRaw(new URL(host), head)).status, 403);
      }
    }
  }));
