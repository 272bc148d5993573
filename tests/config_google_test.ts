/** Google's credentials in the environment: what becomes of them, and what is refused and how it is told. */

import assert from "node:assert/strict";
import { parseConfig } from "../src/config.ts";
import type { GoogleConfig } from "../src/config_google.ts";
import { commandAccess } from "../src/parts_google.ts";
import type { Secret } from "../src/domain/secret.ts";
import { testKeyPem } from "./support/test_keys.ts";

type Env = Readonly<Record<string, string>>;
type Members = Readonly<Record<string, unknown>>;

const ACCOUNT = "box-office@acme.iam.gserviceaccount.com";
const PROVIDER = "projects/123/locations/global/workloadIdentityPools/pool/providers/box";
const IMPERSONATION =
  `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`;

/** As `gcloud iam service-accounts keys create` writes it. */
const KEY: Members = {
  type: "service_account",
  project_id: "acme",
  private_key_id: "0123456789abcdef",
  private_key: testKeyPem("signing"),
  client_email: ACCOUNT,
  client_id: "1",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://oauth2.googleapis.com/token",
  universe_domain: "googleapis.com",
};

/** As `gcloud iam workload-identity-pools create-cred-config` writes it. */
const FEDERATED: Members = {
  universe_domain: "googleapis.com",
  type: "external_account",
  audience: `//iam.googleapis.com/${PROVIDER}`,
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
  token_url: "https://sts.googleapis.com/v1/token",
  service_account_impersonation_url: IMPERSONATION,
  credential_source: { file: "/var/run/secrets/tokens/google", format: { type: "text" } },
};

function read(env: Env): GoogleConfig {
  const parsed = parseConfig(env, () => null);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.config.google;
}

function problems(env: Env): string[] {
  const parsed = parseConfig(env, () => null);
  return parsed.ok ? [] : parsed.problems.map(({ name, problem }) => `${name} ${problem}`);
}

const given = (json: Members) => ({ GOOGLE_CREDENTIALS: JSON.stringify(json) });

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

const source = (credential_source: unknown) => ({ ...FEDERATED, credential_source });
const impersonation = (url: string) => ({ ...FEDERATED, service_account_impersonation_url: url });

const NO_TEXT = { toString: "evil", valueOf: 1 };

/** What is bent, and what the one problem is about. */
const BENT: readonly (readonly [Members, RegExp])[] = [
  [{ ...KEY, type: undefined }, /^type is neither/],
  [{ ...KEY, type: "authorized_user" }, /^type is neither/],
  [{ ...KEY, client_email: undefined }, /^client_email /],
  [{ ...KEY, client_email: "somebody@example.com" }, /^client_email /],
  [{ ...KEY, private_key: undefined }, /^private_key /],
  [{ ...KEY, private_key: "-----BEGIN PRIVATE KEY-----" }, /^private_key /],
  [
    { ...KEY, private_key: String(KEY["private_key"]).replaceAll("PRIVATE", "PUBLIC") },
    /^private_key /,
  ],
  [{ ...KEY, token_uri: "https://oauth2.googleapis.com.example/token" }, /^token_uri /],
  [{ ...KEY, token_uri: "http://oauth2.googleapis.com/token" }, /^token_uri /],
  [{ ...KEY, universe_domain: "example.com" }, /^universe_domain /],
  [{ ...FEDERATED, universe_domain: "example.com" }, /^universe_domain /],
  [{ ...FEDERATED, audience: PROVIDER }, /^audience /],
  [
    {
      ...FEDERATED,
      audience: "//iam.googleapis.com/locations/global/workforcePools/p/providers/q",
    },
    /^audience /,
  ],
  [
    { ...FEDERATED, subject_token_type: "urn:ietf:params:aws:token-type:aws4_request" },
    /^subject_token_type /,
  ],
  ...[
    "https://evil.example/v1/token",
    "http://sts.googleapis.com/v1/token",
    "https://sts.googleapis.com.evil.example/v1/token",
    "https://sts.googleapis.com@evil.example/v1/token",
    "https://evil.example/sts.googleapis.com/v1/token",
    "https://storage.googleapis.com/evil-bucket/v1/token",
    "https://sts.googleapis.com/v1/token?to=https://evil.example",
    "https://sts.evil.example#.rep.googleapis.com/v1/token",
    "http://127.0.0.1:8080/v1/token",
    "https://STS.googleapis.com/v1/token\n",
  ].map((token_url) => [{ ...FEDERATED, token_url }, /^token_url /] as const),
  ...[
    IMPERSONATION.replace("https:", "http:"),
    IMPERSONATION.replace("googleapis.com", "googleapis.com.evil.example"),
    IMPERSONATION.replace("iamcredentials.", "storage."),
    IMPERSONATION.replace("generateAccessToken", "signJwt"),
    IMPERSONATION.replace(ACCOUNT, "../x@acme.iam.gserviceaccount.com"),
    "http://localhost:1/",
  ].map((url) => [impersonation(url), /^service_account_impersonation_url /] as const),
  [
    { ...FEDERATED, service_account_impersonation: { token_lifetime_seconds: 43_201 } },
    /^token_lifetime_seconds /,
  ],
  [source({ executable: { command: "/bin/sh" } }), /^credential_source\.executable is not taken/],
  [
    source({ environment_id: "aws1", url: "http://169.254.169.254/" }),
    /^credential_source\.environment_id /,
  ],
  [source({ certificate: {} }), /^credential_source\.certificate /],
  [source({}), /^credential_source names neither/],
  [source(null), /^credential_source names neither/],
  [source({ file: "/a", url: "https://a.example" }), /^credential_source names neither/],
  [source({ url: "http://a.example/token" }), /^credential_source\.url /],
  [source({ url: "https://user:word@a.example/token" }), /^credential_source\.url /],
  [source({ url: "file:///etc/passwd" }), /^credential_source\.url /],
  [source({ file: "/a", format: { type: "json" } }), /^credential_source\.format /],
  [source({ file: "/a", format: { type: "xml" } }), /^credential_source\.format /],
  ...[{ a: 1 }, ["a"], "a", { "a b": "c" }, { a: "evil\r\nx: y" }, { a: "€" }, { a: { b: "c" } }]
    .map(
      (headers) =>
        [source({ url: "https://a.example", headers }), /^credential_source\.headers /] as const,
    ),
  // No text can be made of these: asking for one throws.
  ...["token_url", "service_account_impersonation_url", "audience", "subject_token_type"].map((
    name,
  ) => [{ ...FEDERATED, [name]: NO_TEXT }, new RegExp(`^${name} `)] as const),
  [{ ...KEY, token_uri: NO_TEXT }, /^token_uri /],
  [{ ...KEY, type: NO_TEXT }, /^type is neither/],
  ...[NO_TEXT, [3600], true, "", null].map((token_lifetime_seconds) =>
    [
      { ...FEDERATED, service_account_impersonation: { token_lifetime_seconds } },
      /^token_lifetime_seconds /,
    ] as const
  ),
  [{ ...FEDERATED, token_url: ["https://sts.googleapis.com/v1/token"] }, /^token_url /],
];

Deno.test("each thing that is wrong is told once, by its name and without its value", () => {
  for (const [json, about] of BENT) {
    const [problem, ...more] = problems(given(json));
    assert.match(
      problem ?? "no problem",
      new RegExp(`^GOOGLE_CREDENTIALS ${about.source.slice(1)}`),
    );
    assert.deepEqual(more, [], JSON.stringify(json));
    for (const value of ["evil", "/bin/sh", "passwd", "somebody", "BEGIN"]) {
      assert.ok(!problem!.includes(value), problem!);
    }
  }
});

Deno.test("what is no JSON object is told to be its content that is wanted, not its path", () => {
  for (const text of ["/run/secrets/google.json", "{", "[]", "null", '"text"', "7"]) {
    assert.deepEqual(problems({ GOOGLE_CREDENTIALS: text }), [
      "GOOGLE_CREDENTIALS is no JSON object: give the content of the file, not its path",
    ]);
  }
});

Deno.test("several things that are wrong are told together", () => {
  const bent = { type: "external_account", token_url: "https://evil.example" };
  const about = problems(given(bent)).map((problem) => problem.split(" ")[1]);
  assert.deepEqual(about, ["audience", "subject_token_type", "token_url"]);
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

Deno.test("what makes Google's library print tokens is refused, in commands as well", () => {
  const env = { GOOGLE_SDK_NODE_LOGGING: "auth" };
  const told = "GOOGLE_SDK_NODE_LOGGING must be unset";
  assert.ok(problems(env).some((problem) => problem.startsWith(told)));
  Deno.env.set("GOOGLE_SDK_NODE_LOGGING", "auth");
  try {
    assert.throws(() => commandAccess(), new RegExp(told));
  } finally {
    Deno.env.delete("GOOGLE_SDK_NODE_LOGGING");
  }
});
