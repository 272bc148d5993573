/** `store reseal` as a command: what it says of what is under which key. */

import assert from "node:assert/strict";
import { runCommand, withTenant } from "../support/commands.ts";
import { TENANT } from "../support/service.ts";

const keyOf = (id: string, octet: number) => `${id}:${new Uint8Array(32).fill(octet).toBase64()}`;
const [OLD, NEW] = [keyOf("old", 1), keyOf("new", 2)];

Deno.test("what is under an older key is told from what no listed key opens", () =>
  withTenant(async (service) => {
    const report = (keys: string) =>
      runCommand(service, ["store", "reseal", "--report"], { SEALING_KEYS: keys });
    const current = await report(OLD);
    assert.equal(current.code, 0, current.stderr);
    assert.equal(current.stderr, "Everything is under old, and opens.\n");
    const behind = await report(`${OLD},${NEW}`);
    assert.match(behind.stderr, /^Everything is under old.* has old first.* take new out of SEAL/);
    const older = await report(`${NEW},${OLD}`);
    assert.equal(older.code, 1);
    assert.match(older.stderr, /^Keep the older keys: .*Run the command again\.\n$/);
    const unlisted = await report(NEW);
    assert.equal(unlisted.code, 1);
    assert.match(
      unlisted.stderr,
      /^No key opens the system user token of Cust12345: .*\nSEALING_KEYS does not list old: put it behind the first .*\n$/,
    );
  }, { env: { SEALING_KEYS: OLD } }));

Deno.test("other bytes under the name of a key are not taken for that key", () =>
  withTenant(async (service) => {
    for (const more of [[], ["--report"]]) {
      const args = ["store", "reseal", "--json", ...more];
      const { code, stdout } = await runCommand(service, args, { SEALING_KEYS: keyOf("old", 9) });
      const { done, values, unreadable } = JSON.parse(stdout);
      const kind = "system_user_token";
      assert.deepEqual([code, done], [1, false]);
      assert.deepEqual(values, [{ kind, key_id: "old", count: 1 }]);
      assert.deepEqual(unreadable, [{ kind, name: TENANT, key_id: "old" }]);
    }
    const args = ["store", "reseal"];
    const { code, stderr } = await runCommand(service, args, { SEALING_KEYS: keyOf("old", 9) });
    assert.equal(code, 1);
    assert.match(stderr, /Values under old do not open: is it the same key/);
    assert.doesNotMatch(stderr, /out of SEALING_KEYS/);
  }, { env: { SEALING_KEYS: OLD } }));
