import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSealing } from "../../src/adapters/storage/sealing.ts";
import type { Caller } from "../../src/domain/caller.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createAdmission } from "../../src/usecases/admission.ts";
import {
  createConsoleSessions,
  IDLE_MS,
  MAX_CREDENTIAL,
  type Visit,
  WHOLE_MS,
} from "../../src/usecases/console_sessions.ts";
import { CALLER } from "../support/parts.ts";
import { createMemoryLog, createTestClock } from "../support/service.ts";

const KEY = "bo_test_key";

function createStage(first: Caller = CALLER) {
  const clock = createTestClock();
  const log = createMemoryLog();
  const sealing = createSealing([{ id: "k1", key: randomBytes(32) }]);
  const known = new Map([[`Bearer ${KEY}`, first]]);
  const asked: (string | null)[] = [];
  const sealer = {
    seal: (text: string) => sealing.seal("console", text),
    open: (sealed: string) => sealing.open("console", sealed).catch(() => null),
  };
  const sessions = createConsoleSessions({
    callers: {
      identify(authorization) {
        asked.push(authorization);
        return known.get(authorization ?? "") ?? null;
      },
    },
    admission: createAdmission({ limits: null, log }),
    sealer,
    clock,
  });
  const begin = (key = KEY) => sessions.begin(new Secret(key), "r1");
  const resume = (sealed: string | null) => sessions.resume(sealed, "r2");
  return { clock, log, known, asked, sealer, begin, resume };
}

function sessionOf(visit: Visit) {
  assert.equal(visit.kind, "known");
  assert.ok(visit.kind === "known");
  return visit.session;
}

Deno.test("a session holds its caller, lasts a quarter of an hour, and shows nothing of the key", async () => {
  const { clock, begin, resume } = createStage();
  const { sealed, seconds } = sessionOf(await begin());
  assert.equal(seconds, 900);
  assert.ok(
    !sealed.includes(KEY) && !atob(
      sealed.split(".")[2]!.replaceAll("-", "+")
        .replaceAll("_", "/"),
    ).includes(KEY),
  );
  clock.advance(IDLE_MS - 1);
  const visit = await resume(sealed);
  assert.deepEqual(visit.kind === "known" && visit.caller, CALLER);
  clock.advance(1);
  assert.equal((await resume(sealed)).kind, "nobody");
});

Deno.test("each request renews a session, for eight hours and not a second longer", async () => {
  const { clock, begin, resume } = createStage();
  const began = clock.now();
  let { sealed, seconds } = sessionOf(await begin());
  while (clock.now() + 14 * 60_000 < began + WHOLE_MS) {
    clock.advance(14 * 60_000);
    ({ sealed, seconds } = sessionOf(await resume(sealed)));
  }
  const left = began + WHOLE_MS - clock.now();
  assert.equal(seconds, left / 1000);
  clock.advance(left - 1);
  assert.equal((await resume(sealed)).kind, "known");
  clock.advance(1);
  assert.equal((await resume(sealed)).kind, "nobody");
});

Deno.test("a key that was withdrawn, or may not `ledger` any more, ends the session at once", async () => {
  const { known, begin, resume, log } = createStage();
  const { sealed } = sessionOf(await begin());
  known.set(`Bearer ${KEY}`, { ...CALLER, permissions: new Set(["ticket"]) });
  const visit = await resume(sealed);
  assert.equal(visit.kind === "refused" && visit.refusal.code, "caller_forbidden");
  assert.deepEqual(log.lines.map(({ event }) => event), ["caller.forbidden"]);
  known.clear();
  assert.equal((await resume(sealed)).kind, "nobody");
});

Deno.test("who brings nothing, or what we did not seal as a session, is nobody and is not looked up", async () => {
  const { clock, sealer, resume, asked } = createStage();
  const [until, end] = [clock.now() + IDLE_MS, clock.now() + WHOLE_MS];
  const contents = [
    [],
    {},
    null,
    [until, end],
    [until, end, KEY, KEY],
    [until, end, null],
    [String(until), end, KEY],
    [until, null, KEY],
    [clock.now(), end, KEY],
    [until, clock.now(), KEY],
  ];
  const texts = ["", "[", ...contents.map((it) => JSON.stringify(it))];
  const sealed = await Promise.all(texts.map((text) => sealer.seal(text)));
  for (const brought of [null, "", "x", "v1.k1.AAAA", ...sealed]) {
    assert.deepEqual(await resume(brought), { kind: "nobody" });
  }
  assert.deepEqual(asked, []);
  const good = await sealer.seal(JSON.stringify([until, end, KEY]));
  assert.equal((await resume(good)).kind, "known");
});

Deno.test("a key that has no room in a cookie is refused before it is looked up; the longest has", async () => {
  const { known, begin, asked } = createStage();
  const longest = "k".repeat(MAX_CREDENTIAL);
  known.set(`Bearer ${longest}`, CALLER);
  const { sealed } = sessionOf(await begin(longest));
  assert.ok("__Host-box-office-console".length + sealed.length < 4096, `${sealed.length}`);
  assert.deepEqual(await begin(`${longest}k`), { kind: "too_long" });
  assert.equal(asked.length, 1);
});
