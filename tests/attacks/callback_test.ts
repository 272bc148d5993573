/**
 * Forged and bent tokens through the real callback. Each row begins a consent of its own and forges one
 * token from its valid one; after all rows the valid one is brought back the same way and works.
 */

import assert from "node:assert/strict";
import {
  type Answer,
  assertRefusalPage,
  begin,
  type Begun,
  codeOf,
  postForm,
  remembered,
  textOf,
} from "../support/callback.ts";
import { type Forgery, forgeryOf, publishedKey } from "../support/forge.ts";
import { createMarks } from "../support/marks.ts";
import { startService, TENANT } from "../support/service.ts";
import { startSuperOffice } from "../../src/simulator/superoffice/server.ts";
import { type Forged, UNSIGNED, WRONG } from "./forged_tokens.ts";

/** Everything of a token that a page could show. */
function assertShowsNothing(answer: Answer, begun: Begun, from: Forgery, token: string): void {
  const marks = createMarks();
  marks.addToken("the valid token", from.valid);
  if (token !== from.valid && token.length > 8) marks.add("the forged token", token);
  marks.add("state", begun.state);
  marks.add("nonce", begun.nonce);
  marks.add("cookie", begun.cookie);
  for (const [name, value] of Object.entries(from.claims)) {
    if (typeof value === "string" && value.length >= 8) marks.add(name, value);
  }
  // The policy names SuperOffice's origin: our own configuration, whatever a token says.
  assert.deepEqual(marks.find(textOf(answer), ["iss"]), []);
}

/** A SuperOffice whose tenant has approved, another with the same tenant, and the service. */
async function startAll() {
  const service = await startService();
  const other = await startSuperOffice();
  service.simulator.control.approve(TENANT);
  other.control.approve(TENANT);
  const jwk = await publishedKey(service.simulator);
  return {
    service,
    forgery: (nonce: string) =>
      forgeryOf({ simulator: service.simulator, other, jwk, ctx: TENANT, nonce }),
    async close() {
      await service.close();
      await other.close();
    },
  };
}

type All = Awaited<ReturnType<typeof startAll>>;

/** The two ways in which a token reaches us. */
const DOORS = {
  async id_token({ service }: All, begun: Begun, token: string): Promise<Answer> {
    return await postForm(service.url, { state: begun.state, id_token: token }, begun.cookie);
  },
  async code({ service }: All, begun: Begun, token: string): Promise<Answer> {
    const { control } = service.simulator;
    const code = await codeOf(begun.location);
    control.set({ idToken: { raw: token } });
    try {
      return await postForm(service.url, { state: begun.state, code }, begun.cookie);
    } finally {
      control.set({ idToken: null });
    }
  },
};

async function refuse(all: All, door: keyof typeof DOORS, forge: Forged[1]): Promise<void> {
  const { service } = all;
  const before = await remembered(service);
  const begun = await begin(service.url);
  const from = all.forgery(begun.nonce);
  const token = forge(from);
  assert.notEqual(token, from.valid, "the forgery is the valid token");
  const answer = await DOORS[door](all, begun, token);
  assertRefusalPage(answer);
  assertShowsNothing(answer, begun, from, token);
  assert.deepEqual(await remembered(service), before);
}

/** The valid token through the same door: without this, nothing would be proven. */
async function admit(all: All, door: keyof typeof DOORS): Promise<void> {
  const begun = await begin(all.service.url);
  const before = await remembered(all.service);
  const answer = await DOORS[door](all, begun, all.forgery(begun.nonce).valid);
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("location"), "/consent/done");
  assert.notDeepEqual(await remembered(all.service), before);
  const removed = await all.service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" });
  assert.equal(removed.status, 204);
}

/** Both doors read tokens with the same code: for the second a sample shows that they do. */
const EVERY_FIFTH = (_: Forged, place: number) => place % 5 === 0;

const ROUNDS:
  readonly (readonly [name: string, door: keyof typeof DOORS, rows: readonly Forged[]])[] = [
    ["unsigned tokens through the id_token door", "id_token", UNSIGNED],
    ["wrong tokens through the id_token door", "id_token", WRONG],
    ["all kinds through the code door", "code", [...UNSIGNED, ...WRONG].filter(EVERY_FIFTH)],
  ];

Deno.test("forged tokens leave nothing behind", async (t) => {
  const all = await startAll();
  try {
    for (const [name, door, rows] of ROUNDS) {
      await t.step(name, async (t) => {
        for (const [name, forge] of rows) await t.step(name, () => refuse(all, door, forge));
        await t.step("the valid one is accepted", () => admit(all, door));
      });
    }
  } finally {
    await all.close();
  }
});

Deno.test("no forgery is there twice, and there are more than a hundred", () => {
  const names = [...UNSIGNED, ...WRONG].map(([name]) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length > 100);
});
