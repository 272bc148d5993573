/** Google's credentials in the environment: what is refused, and how it is told. */

import assert from "node:assert/strict";
import { readPlaces } from "../src/cli/key_place.ts";
import { parseConfig } from "../src/config.ts";
import { commandAccess } from "../src/parts_google.ts";
import {
  ACCOUNT,
  FEDERATED,
  given,
  IMPERSONATION,
  KEY,
  type Members,
  PROVIDER,
} from "./support/google_files.ts";

function problems(env: Readonly<Record<string, string>>): string[] {
  const parsed = parseConfig(env, () => null);
  return parsed.ok ? [] : parsed.problems.map(({ name, problem }) => `${name} ${problem}`);
}

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

Deno.test("what makes Google's library print tokens is refused, in commands as well", () => {
  const env = { GOOGLE_SDK_NODE_LOGGING: "auth" };
  const told = "GOOGLE_SDK_NODE_LOGGING must be unset";
  assert.ok(problems(env).some((problem) => problem.startsWith(told)));
  Deno.env.set("GOOGLE_SDK_NODE_LOGGING", "auth");
  try {
    assert.throws(() => commandAccess(), new RegExp(told));
    assert.throws(() => readPlaces(), new RegExp(told));
  } finally {
    Deno.env.delete("GOOGLE_SDK_NODE_LOGGING");
  }
});

Deno.test("commands about a key refuse what is no JSON object, too, and before they read a key", () => {
  const env = { GOOGLE_CREDENTIALS: "/run/secrets/google.json" };
  assert.throws(() => readPlaces(env), /^UsageFault: Cannot use .*GOOGLE_CREDENTIALS is no JSON/);
});
