/** Google's credentials in the environment: what becomes of them. */

import assert from "node:assert/strict";
import { parseConfig } from "../src/config.ts";
import type { GoogleConfig } from "../src/config_google.ts";
import type { Secret } from "../src/domain/secret.ts";
import {
  ACCOUNT,
  FEDERATED,
  given,
  IMPERSONATION,
  KEY,
  type Members,
  PROVIDER,
} from "./support/google_files.ts";

function read(env: Readonly<Record<string, string>>): GoogleConfig {
  const parsed = parseConfig(env, () => null);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.config.google;
}

Deno.test("a service account's key is taken, and nothing of its file besides", () => {
  const google = read(given(KEY));
  assert.ok(google.kind === "credentials" && google.identity.kind === "service_account");
  const { privateKey, ...others } = google.identity;
  assert.equal(privateKey.reveal(), KEY["private_key"]);
  assert.deepEqual(others, { kind: "service_account", email: ACCOUNT, keyId: "0123456789abcdef" });
});

Deno.test("a federation is taken with its source, and nothing of its file besides", () => {
  const google = read(
    given({ ...FEDERATED, tokenUrl: "https://evil.example", client_secret: "s" }),
  );
  assert.deepEqual(google, {
    kind: "credentials",
    identity: {
      kind: "federation",
      audience: `//iam.googleapis.com/${PROVIDER}`,
      subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
      tokenUrl: "https://sts.googleapis.com/v1/token",
      impersonation: { url: IMPERSONATION, lifetimeSeconds: 3600 },
      source: { kind: "file", path: "/var/run/secrets/tokens/google", field: null },
    },
  });
});

Deno.test("a federation may name an address as GitHub has it, a region, a lifetime, no account, no source", () => {
  const url = "https://run.actions.githubusercontent.com/token?api-version=2.0&audience=a";
  const headers = { Authorization: "bearer request-token" };
  const format = { type: "json", subject_token_field_name: "value" };
  const { credential_source: _, service_account_impersonation_url: __, ...bare } = FEDERATED;
  const identityOf = (json: Members) => {
    const google = read(given(json));
    assert.ok(google.kind === "credentials" && google.identity.kind === "federation");
    return google.identity;
  };
  const { source } = identityOf({ ...FEDERATED, credential_source: { url, headers, format } });
  assert.ok(source.kind === "url");
  const open = (secret: Secret) => secret.reveal();
  assert.deepEqual([open(source.url), JSON.parse(open(source.headers)), source.field], [
    url,
    headers,
    "value",
  ]);
  const regional = {
    ...FEDERATED,
    token_url: "https://sts.europe-west4.rep.googleapis.com/v1/token",
    service_account_impersonation: { token_lifetime_seconds: 600 },
  };
  assert.equal(identityOf(regional).tokenUrl, regional.token_url);
  assert.equal(identityOf(regional).impersonation?.lifetimeSeconds, 600);
  assert.deepEqual([identityOf(bare).impersonation, identityOf(bare).source.kind], [
    null,
    "supplier",
  ]);
  // Clouds tell machines about themselves at an address of the machine's own.
  const azure = { url: "http://169.254.169.254/metadata/identity/oauth2/token?resource=r" };
  assert.equal(identityOf({ ...bare, credential_source: azure }).source.kind, "url");
});

Deno.test("what Deno Deploy sets says who we are there, however the provider is written", () => {
  const prefixes = ["", "//iam.googleapis.com/", "https://iam.googleapis.com/"];
  for (const prefix of prefixes) {
    const env = { GCP_WORKLOAD_PROVIDER_ID: prefix + PROVIDER, GCP_SERVICE_ACCOUNT_EMAIL: ACCOUNT };
    assert.deepEqual(read(env), {
      kind: "platform",
      identity: {
        kind: "federation",
        audience: `//iam.googleapis.com/${PROVIDER}`,
        subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
        tokenUrl: "https://sts.googleapis.com/v1/token",
        impersonation: { url: IMPERSONATION, lifetimeSeconds: 3600 },
        source: { kind: "supplier" },
      },
    });
    assert.equal(read({ ...env, ...given(KEY) }).kind, "credentials");
  }
  const alone = read({ GCP_WORKLOAD_PROVIDER_ID: PROVIDER });
  assert.ok(alone.kind === "platform" && alone.identity.impersonation === null);
  assert.deepEqual(read({ GCP_SERVICE_ACCOUNT_EMAIL: ACCOUNT }), { kind: "default" });
});

Deno.test("the JSON that the page has for Deno Deploy is taken, and waits for a supplier", async () => {
  const page = await Deno.readTextFile(new URL("../docs/google-credentials.md", import.meta.url));
  const [, json] = /```json\n([\s\S]*?)```/.exec(page)!;
  const filled = json!.replace("NUMBER", "123").replace("ACCOUNT", ACCOUNT);
  const google = read({ GOOGLE_CREDENTIALS: filled });
  assert.ok(google.kind === "credentials" && google.identity.kind === "federation");
  const { impersonation, source, tokenUrl } = google.identity;
  assert.deepEqual([impersonation?.url, source, tokenUrl], [
    IMPERSONATION,
    { kind: "supplier" },
    "https://sts.googleapis.com/v1/token",
  ]);
});
