/** `store reseal` as a command: what it says of what is under which key. */

import assert from "node:assert/strict";
import { runCommand, withTenant } from "../support/commands.ts";

const keyOf = (id: string, octet: number) => `${id}:${new Uint8Array(32).fill(octet).toBase64()}`;
const [OLD, NEW] = [keyOf("old", 1), keyOf("new", 2)];

Deno.test("what is under an older key is told from what no listed key opens", () =>
  withTenant(async (service) => {
    const report = (keys: string) =>
      runCommand(service, ["store", "reseal", "--report"], { SEALING_KEYS: keys });
    const current = await report(OLD);
    assert.equal(current.code, 0, current.stderr);
    assert.match(current.stderr, /^Nothing is under an older key\. /);
    const older = await report(`${NEW},${OLD}`);
    assert.equal(older.code, 1);
    assert.match(older.stderr, /^Keep the older keys: .*Run the command again\.\n$/);
    const unlisted = await report(NEW);
    assert.equal(unlisted.code, 1);
    assert.match(unlisted.stderr, /^SEALING_KEYS does not list old: put it behind the first .*\n$/);
  }, { env: { SEALING_KEYS: OLD } }));
