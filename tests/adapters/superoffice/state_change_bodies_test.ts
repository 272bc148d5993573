/** Bodies of pushes: one good one, then written in other ways, then bent. */

import assert from "node:assert/strict";
import {
  createKey,
  type Json,
  pushClaims,
  pushOf,
  readPush,
  signToken,
  startLogin,
} from "./fixtures.ts";

const key = createKey("LOGIN-KEY");

const TYPES: readonly (readonly [unknown, string])[] = [
  [0, "Upgrade"],
  [1, "BackupRestored"],
  [2, "Suspend"],
  [3, "Resume"],
  [4, "Delete"],
  [5, "Move"],
  ["4", "Delete"],
  ["004", "Delete"],
  ["Move", "Move"],
  [6, "ChangeType6"],
  [999_999, "ChangeType999999"],
  ["77", "ChangeType77"],
];

for (const [given, type] of TYPES) {
  Deno.test(`the change ${JSON.stringify(given)} is ${type}`, async () => {
    await using login = startLogin([key]);
    const token = signToken(key, pushClaims(login.origin));
    const read = await readPush(login, JSON.stringify(pushOf(token, { ChangeType: given })));
    assert.equal(read.kind === "state_change" && read.type, type);
  });
}

const BODIES: Readonly<Record<string, (push: Json) => string>> = {
  "as it is": (push) => JSON.stringify(push),
  "names in camel case": ({ ChangeType, ContextIdentifier, Token }) =>
    JSON.stringify({ changeType: ChangeType, contextIdentifier: ContextIdentifier, token: Token }),
  "names in upper case": ({ ChangeType, ContextIdentifier, Token }) =>
    JSON.stringify({ CHANGETYPE: ChangeType, CONTEXTIDENTIFIER: ContextIdentifier, TOKEN: Token }),
  "white space": (push) => ` \n${JSON.stringify(push, null, 2)}\r\n`,
  "the tenant in lower case": (push) => JSON.stringify({ ...push, ContextIdentifier: "cust10001" }),
  "members nobody knows": (push) => JSON.stringify({ ...push, More: { token: 1, Token: 2 } }),
  "an address that nobody believes": (push) =>
    JSON.stringify({ ...push, PublicEndpoint: { evil: "evil.test" } }),
  "names written with escapes": (push) => JSON.stringify(push).replace('"Token"', '"\\u0054oken"'),
};

for (const [name, body] of Object.entries(BODIES)) {
  Deno.test(`a push is read with ${name}`, async () => {
    await using login = startLogin([key]);
    const push = pushOf(signToken(key, pushClaims(login.origin)));
    const read = await readPush(login, body(push));
    assert.ok(read.kind === "state_change");
    assert.equal(read.type, "Suspend");
    assert.equal(read.contextIdentifier, "Cust10001");
    assert.deepEqual(Object.keys(read).length, 5);
  });
}

const BENT_BODIES: Readonly<Record<string, (push: Json) => string>> = {
  "nothing": () => "",
  "no JSON": () => "ChangeType=2",
  "JSON cut off": (push) => JSON.stringify(push).slice(0, -1),
  "JSON with a tail": (push) => `${JSON.stringify(push)}x`,
  "two objects": (push) => JSON.stringify(push) + JSON.stringify(push),
  "null": () => "null",
  "a text": () => '"push"',
  "a number": () => "7",
  "a list of it": (push) => JSON.stringify([push]),
  "a byte order mark": (push) => `\ufeff${JSON.stringify(push)}`,
  "a comment": (push) => `/* */${JSON.stringify(push)}`,
  "no change": (push) => JSON.stringify({ ...push, ChangeType: undefined }),
  "no tenant": (push) => JSON.stringify({ ...push, ContextIdentifier: undefined }),
  "no token": (push) => JSON.stringify({ ...push, Token: undefined }),
  "a change of null": (push) => JSON.stringify({ ...push, ChangeType: null }),
  "a change of true": (push) => JSON.stringify({ ...push, ChangeType: true }),
  "a change in a list": (push) => JSON.stringify({ ...push, ChangeType: [2] }),
  "a change below 0": (push) => JSON.stringify({ ...push, ChangeType: -1 }),
  "half a change": (push) => JSON.stringify({ ...push, ChangeType: 1.5 }),
  "a change of a million": (push) => JSON.stringify({ ...push, ChangeType: 1_000_000 }),
  "an endless change": (push) =>
    JSON.stringify(push).replace('"ChangeType":2', '"ChangeType":1e999'),
  "a change of seven digits": (push) => JSON.stringify({ ...push, ChangeType: "1000000" }),
  "an empty change": (push) => JSON.stringify({ ...push, ChangeType: "" }),
  "a change with a space": (push) => JSON.stringify({ ...push, ChangeType: " 2" }),
  "a change of another word": (push) => JSON.stringify({ ...push, ChangeType: "Explode" }),
  "a change of our own word": (push) => JSON.stringify({ ...push, ChangeType: "ChangeType7" }),
  "a change of a word of JavaScript's": (push) =>
    JSON.stringify({ ...push, ChangeType: "constructor" }),
  "a tenant that is none": (push) => JSON.stringify({ ...push, ContextIdentifier: "Cust1/../2" }),
  "a tenant that is a number": (push) => JSON.stringify({ ...push, ContextIdentifier: 10001 }),
  "a token in a list": (push) => JSON.stringify({ ...push, Token: [push.Token] }),
  "a token that is an object": (push) => JSON.stringify({ ...push, Token: {} }),
  "two changes": (push) => `{"ChangeType":4,${JSON.stringify(push).slice(1)}`,
  "two changes in two spellings": (push) => `{"changetype":4,${JSON.stringify(push).slice(1)}`,
  "two tenants": (push) => `{"contextIdentifier":"Cust2",${JSON.stringify(push).slice(1)}`,
  "two tokens, one by escapes": (push) => `{"\\u0054oken":"x",${JSON.stringify(push).slice(1)}`,
  "a member twice that nobody knows": (push) => `{"x":1,"X":2,${JSON.stringify(push).slice(1)}`,
};

for (const [name, body] of Object.entries(BENT_BODIES)) {
  Deno.test(`a body that is, or has, ${name} is no push, and no key is fetched for it`, async () => {
    await using login = startLogin([key]);
    const push = pushOf(signToken(key, pushClaims(login.origin)));
    const read = await readPush(login, body(push));
    assert.deepEqual(read, { kind: "refused", reason: "malformed" });
    assert.equal(login.counts.size, 0);
  });
}
