/** Consents that were begun and never finished do not pile up in the file. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import { OWNER, SEALING, withFolder } from "./backends.ts";
import { NOW, PENDING, TENANT } from "./samples.ts";

const LIFE_MS = 600_000;
const FINISHED = { contextIdentifier: TENANT, isRenewed: false };

function countsOf(path: string): Record<string, unknown> {
  const database = new DatabaseSync(path);
  try {
    return {
      ...database.prepare(`SELECT (SELECT count(*) FROM consent_states) AS states,
        (SELECT count(*) FROM consent_claims) AS claims,
        (SELECT count(*) FROM consent_finished) AS finished`).get(),
    };
  } finally {
    database.close();
  }
}

Deno.test("consents that nobody comes back from are gone with the next that are begun", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const { consents, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    for (let round = 0; round < 4; round++) {
      const now = NOW + round * 2 * LIFE_MS;
      for (let index = 0; index < 200; index++) {
        await consents.begin(`state ${round} ${index}`, PENDING, now + LIFE_MS, now);
      }
      assert.equal(countsOf(path).states, 200);
    }
    close();
  }));

Deno.test("beginning or finishing a consent removes whatever is over", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const { consents, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    const fill = async (now: number) => {
      await consents.begin(`state ${now}`, PENDING, now + LIFE_MS, now);
      await consents.claim(`digest ${now}`, now + LIFE_MS, now);
      await consents.finish(`browser ${now}`, FINISHED, now + LIFE_MS, now);
    };
    await fill(NOW);
    const next = NOW + 2 * LIFE_MS;
    await consents.begin("next", PENDING, next + LIFE_MS, next);
    assert.deepEqual(countsOf(path), { states: 1, claims: 0, finished: 0 });
    await fill(next);
    const last = next + 2 * LIFE_MS;
    await consents.finish("last", FINISHED, last + LIFE_MS, last);
    assert.deepEqual(countsOf(path), { states: 0, claims: 0, finished: 1 });
    close();
  }));
