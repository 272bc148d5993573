/** Entries of CALLERS: what is read, and what is reported. */

import assert from "node:assert/strict";
import { parseCallers } from "../../../src/domain/caller_entry.ts";
import { subjectMatcher } from "../../../src/domain/subject_pattern.ts";

const DIGEST = "ab".repeat(32);
const withKey = { id: "orders", api_key_sha256: [DIGEST], tenants: ["*"], may: ["ticket"] };
const withJwt = {
  id: "sync",
  issuer: "https://oidc.example.com",
  audience: "https://tickets.example.com",
  subject: "deployment:acme/sync/production",
  tenants: ["cust12345"],
  may: ["ticket", "relay"],
  requests_per_minute: 600,
};

function problemsOf(...callers: unknown[]): readonly string[] {
  const reading = parseCallers({ callers });
  return reading.ok ? [] : reading.problems;
}

Deno.test("both kinds of caller are read, tenants in their canonical spelling", () => {
  const reading = parseCallers({ callers: [withKey, withJwt] });
  assert.deepEqual(reading, {
    ok: true,
    entries: [
      {
        caller: { id: "orders", tenants: new Set(["*"]), permissions: new Set(["ticket"]) },
        requestsPerMinute: null,
        credential: { kind: "api_key", digests: [DIGEST] },
      },
      {
        caller: {
          id: "sync",
          tenants: new Set(["Cust12345"]),
          permissions: new Set(["ticket", "relay"]),
        },
        requestsPerMinute: 600,
        credential: {
          kind: "jwt",
          issuer: withJwt.issuer,
          audience: withJwt.audience,
          subject: withJwt.subject,
        },
      },
    ],
  });
});

Deno.test("a digest is read in any case, a list of none is a list", () => {
  const reading = parseCallers({
    callers: [{ ...withKey, api_key_sha256: [DIGEST.toUpperCase()] }],
  });
  assert.ok(reading.ok && reading.entries[0]?.credential.kind === "api_key");
  assert.deepEqual(reading.entries[0].credential.digests, [DIGEST]);
  assert.deepEqual(parseCallers({ callers: [] }), { ok: true, entries: [] });
});

const either = "callers[0]: needs either api_key_sha256, or issuer, audience and subject";
const bent: readonly (readonly [string, unknown, readonly string[]])[] = [
  ["text", "x", ["callers[0]: is no object"]],
  ["no id", { ...withKey, id: undefined }, ["callers[0].id: is missing"]],
  ["an id with a space", { ...withKey, id: "a b" }, ["callers[0].id: is not of its form"]],
  ["no permission", { ...withKey, may: [] }, ["callers[0].may: is no list with members"]],
  ["no list of permissions", { ...withKey, may: "ticket" }, [
    "callers[0].may: is no list with members",
  ]],
  ["another permission", { ...withKey, may: ["ticket", "sign"] }, [
    "callers[0].may[1]: is not of its form",
  ]],
  ["no tenants", { ...withKey, tenants: undefined }, ["callers[0].tenants: is missing"]],
  ["a tenant pattern", { ...withKey, tenants: ["Cust1*"] }, [
    "callers[0].tenants[0]: is not of its form",
  ]],
  ["a key instead of its digest", { ...withKey, api_key_sha256: ["bo_secret"] }, [
    "callers[0].api_key_sha256[0]: is not of its form",
  ]],
  ["a digest that is no list", { ...withKey, api_key_sha256: DIGEST }, [
    "callers[0].api_key_sha256: is no list with members",
  ]],
  ["no credential", { id: "a", tenants: ["*"], may: ["ticket"] }, [either]],
  ["three keys", { ...withKey, api_key_sha256: ["a", "b", "c"].map((it) => it.repeat(64)) }, [
    "callers[0].api_key_sha256: has more than two: take out what nobody uses",
  ]],
  ["both credentials", { ...withJwt, api_key_sha256: [DIGEST] }, [either]],
  ["no subject", { ...withJwt, subject: undefined }, ["callers[0].subject: is missing"]],
  ["an empty audience", { ...withJwt, audience: "" }, ["callers[0].audience: is not of its form"]],
  ["an issuer over http", { ...withJwt, issuer: "http://oidc.example.com" }, [
    "callers[0].issuer: is no https URL (http only for loopback)",
  ]],
  ["an issuer with a query", { ...withJwt, issuer: "https://oidc.example.com/?a=b" }, [
    "callers[0].issuer: is no https URL (http only for loopback)",
  ]],
  ["a limit of none", { ...withKey, requests_per_minute: 0 }, [
    "callers[0].requests_per_minute: is no whole number from 1 to 10000000",
  ]],
  ["a limit in text", { ...withKey, requests_per_minute: "9" }, [
    "callers[0].requests_per_minute: is no whole number from 1 to 10000000",
  ]],
  ["an unknown member", { ...withKey, api_key: "bo_secret" }, [
    "callers[0].api_key: is not a known member",
  ]],
  ["a key as a member's name", { ...withKey, "bo_secret-of-43-characters-or-more-is-no-name": 1 }, [
    "callers[0].?: is not a known member",
  ]],
];

for (const [name, entry, problems] of bent) {
  Deno.test(`a caller with, or that is, ${name} is reported by path`, () => {
    assert.deepEqual(problemsOf(entry), problems);
  });
}

Deno.test("every problem is reported at once, and no value with it", () => {
  const reading = parseCallers({
    callers: [{ ...withKey, id: "sec ret", may: ["secret"] }, { ...withJwt, subject: 5 }, null],
    extra: "secret",
  });
  assert.ok(!reading.ok);
  assert.deepEqual(reading.problems, [
    "callers[0].id: is not of its form",
    "callers[0].may[0]: is not of its form",
    "callers[1].subject: is not of its form",
    "callers[2]: is no object",
    "extra: is not a known member",
  ]);
});

Deno.test("an id or a credential is one caller's only", () => {
  assert.deepEqual(problemsOf(withKey, withKey), [
    "callers[1].id: is the same as in callers[0]",
    "callers[1].api_key_sha256: is the same as in callers[0]",
  ]);
  assert.deepEqual(problemsOf(withJwt, { ...withJwt, id: "other" }), [
    "callers[1].subject: is the same as in callers[0]",
  ]);
  assert.deepEqual(problemsOf(withJwt, { ...withJwt, id: "other", subject: "else" }), []);
});

for (const value of [null, [], "x", {}, { callers: {} }]) {
  Deno.test(`${JSON.stringify(value)} is no list of callers`, () => {
    const reading = parseCallers(value);
    assert.ok(!reading.ok);
    assert.equal(reading.problems.length, 1);
  });
}

const subjects: readonly (readonly [string, string, boolean])[] = [
  ["deployment:acme/sync/production", "deployment:acme/sync/production", true],
  ["deployment:acme/sync/production", "deployment:acme/sync/production2", false],
  ["deployment:acme/sync/production", "xdeployment:acme/sync/production", false],
  ["deployment:acme/sync/production", "deployment:acme/sync/production\n", false],
  ["deployment:acme/*/production", "deployment:acme/sync/production", true],
  ["deployment:acme/*/production", "deployment:acme/a/b/production", false],
  ["deployment:acme/*/production", "deployment:acme/a:b/production", false],
  ["deployment:acme/*/production", "deployment:acme//production", false],
  ["deployment:acme/sync-*/production", "deployment:acme/sync-eu/production", true],
  ["repo:acme/*:ref:refs/heads/main", "repo:acme/app:ref:refs/heads/main", true],
  ["repo:acme/*:ref:refs/heads/main", "repo:acme/app:pull:ref:refs/heads/main", false],
  ["*", "anybody", true],
  ["*", "any/body", false],
  ["a.c", "abc", false],
  ["a+(b)", "a+(b)", true],
  ["**", "x", true],
  ["a*a", "aa", false],
  ["a*a", "aba", true],
  ["a*b*c", "axbxbxc", true],
  ["a*b*c", "abbc", false],
  ["*-*", "eu-west-1", true],
  ["a/b", "a:b", false],
];

for (const [pattern, subject, matches] of subjects) {
  Deno.test(`${pattern} ${matches ? "matches" : "does not match"} ${JSON.stringify(subject)}`, () => {
    assert.equal(subjectMatcher(pattern)(subject), matches);
  });
}

Deno.test("a pattern of many stars is still quick", () => {
  const matches = subjectMatcher("a*".repeat(200));
  const began = performance.now();
  assert.equal(matches(`${"a".repeat(8_000)}!/`), false);
  assert.ok(performance.now() - began < 1_000);
});
