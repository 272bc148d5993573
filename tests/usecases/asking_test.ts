/** A rotation as a tenant meets it: what is asked with, and what it costs. */

import assert from "node:assert/strict";
import { ISSUED } from "../support/parts.ts";
import { MINUTE, refusalOf, refusing, replace, test } from "./rotation_rules.ts";

test("what worked is signed with at once, the next time", async (parts) => {
  parts.script.exchange = (count) => count === 1 ? { kind: "refused" } : ISSUED;
  assert.ok((await parts.get()).ok);
  assert.equal(parts.counts.exchanges, 2);
  assert.ok((await replace(parts.tickets)).ok);
  assert.deepEqual([parts.counts.signatures, parts.counts.exchanges], [3, 3]);
  const entries = await parts.entries();
  const versions = entries.flatMap((it) => it.kind === "sign_intent" ? [it.key_version] : []);
  assert.deepEqual(versions, ["key-1", "key-2", "key-2"]);
  const changes = entries.filter((it) => it.kind === "key_changed");
  assert.deepEqual(changes.map(({ from, to }) => [from, to]), [["key-1", "key-2"]]);
});

test("an instance that is started anew begins with what others found", async (parts) => {
  parts.script.exchange = (count) => count === 1 ? { kind: "refused" } : ISSUED;
  assert.ok((await parts.get()).ok);
  const { exchanges } = parts.counts;
  const instance = parts.anew();
  assert.ok((await replace(instance)).ok);
  assert.equal(parts.counts.exchanges, exchanges + 1);
  const intents = (await parts.entries()).filter(({ kind }) => kind === "sign_intent");
  assert.equal(intents.at(-1)?.key_version, "key-2");
});

test("a tenant that withdrew its consent costs both keys once, then one", async (parts) => {
  refusing(parts);
  assert.equal((await refusalOf(parts.get())).code, "consent_withdrawn");
  assert.equal(parts.counts.exchanges, 2);
  parts.clock.advance(MINUTE);
  await refusalOf(parts.get());
  assert.equal(parts.counts.exchanges, 4, "once in a while, all the same");
  await parts.consent();
  parts.script.exchange = (count) => count === 5 ? ISSUED : { kind: "refused" };
  assert.ok((await parts.get()).ok);
});
