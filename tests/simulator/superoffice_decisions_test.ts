/**
 * The exchange's decisions, at both doors: every reason for a no with its verdict and AuthorizeErrorCode,
 * and that of two reasons the earlier one is told. A right request is bent once, or twice for the order.
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import {
  claim,
  consented,
  lastVerdict,
  noon,
  payloadOf,
  postExchange,
  type Stage,
  withSuperOffice,
} from "./superoffice_client.ts";
import {
  ask,
  type Door,
  doors,
  type Outcome,
  type Parts,
  rightParts,
} from "./superoffice_exchange_client.ts";

/** One reason for a no, in the order of the decisions. */
interface Reason {
  readonly what: string;
  readonly step: number;
  readonly verdict: string;
  readonly error: readonly [code: number, name: string] | null;
  /** Bends the request, or the world that it meets. */
  readonly bend: (parts: Parts, stage: Stage) => Partial<Parts> | void;
}

const strangersKey = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;

function reason(
  step: number,
  what: string,
  verdict: string,
  error: Reason["error"],
  bend: Reason["bend"],
): Reason {
  return { step, what, verdict, error, bend };
}

const invalidSignature = [7, "InvalidSignature"] as const;
const invalidTimestamp = [6, "InvalidTimestamp"] as const;
const denied = [4, "Denied"] as const;

const reasons: readonly Reason[] = [
  reason(1, "a token type that is not given", "malformed", null, () => ({ type: "SAML" })),
  reason(2, "a secret that is no app's", "unknown_application", null, () => ({ secret: "0" })),
  reason(2, "the client id for a secret", "unknown_application", null, (_, { clientId }) => ({
    secret: clientId,
  })),
  reason(3, "a tenant that is none", "unknown_tenant", null, () => ({ ctx: "Cust999" })),
  reason(3, "no context identifier", "unknown_tenant", null, () => ({ ctx: "Example AS" })),
  reason(3, "a suspended tenant", "tenant_not_running", null, ({ ctx }, { control }) => {
    control.suspend(String(ctx));
  }),
  reason(4, "a fourth part", "invalid_signature", invalidSignature, () => ({ tail: ".x" })),
  reason(5, "a minute too old", "invalid_timestamp", invalidTimestamp, () => ({
    at: noon - 15 * 60_000,
  })),
  reason(5, "a minute too new", "invalid_timestamp", invalidTimestamp, () => ({
    at: noon + 15 * 60_000,
  })),
  reason(6, "another key", "invalid_signature", invalidSignature, () => ({ key: strangersKey })),
  reason(7, "no consent", "not_authorized", denied, (_, { control }) => ({
    ctx: control.addTenant().contextIdentifier,
  })),
  reason(7, "a revoked one", "revoked", [1, "Revoked"], ({ ctx }, { control }) => {
    control.revoke(String(ctx));
  }),
  reason(7, "an expired one", "expired", [3, "Expired"], ({ ctx }, { control }) => {
    control.expireAuthorization(String(ctx));
  }),
  reason(
    7,
    "one to be renewed",
    "needs_reapproval",
    [5, "NeedsReapproval"],
    ({ ctx }, { control }) => control.requireReapproval(String(ctx)),
  ),
  reason(8, "another text", "wrong_system_user_token", denied, ({ token }) => ({
    token: `${token}x`,
  })),
  reason(8, "another case", "wrong_system_user_token", denied, ({ token }) => ({
    token: token.replace("Box", "box"),
  })),
];

/** Both bends on one right request. */
function bentBy(stage: Stage, ...bends: readonly Reason[]): Parts {
  let parts = rightParts(stage);
  for (const { bend } of bends) parts = { ...parts, ...bend(parts, stage) };
  return parts;
}

function assertRefused(outcome: Outcome, { verdict, error, what }: Reason, door: Door): void {
  const [code, name] = error ?? [null, null];
  assert.deepEqual([outcome.verdict, outcome.code, outcome.name], [verdict, code, name], what);
  assert.deepEqual([outcome.issued, outcome.token], [false, ""]);
  const status = verdict === "malformed" ? 400 : 401;
  assert.equal(outcome.status, door === "soap" ? 200 : status);
  if (error) assert.equal(outcome.message, `Authorization error: ${name} (${code})`);
  else assert.match(outcome.message, /^The /);
}

for (const door of doors) {
  Deno.test(`${door}: a right request gets a ticket, a new one each time`, () =>
    withSuperOffice(async (stage) => {
      const parts = rightParts(stage);
      const tickets = new Set<unknown>();
      for (let time = 0; time < 2; time++) {
        const { verdict, code, status, issued, token } = await ask(stage, door, parts);
        assert.deepEqual([verdict, code, status, issued], ["issued", null, 200, true]);
        assert.equal(payloadOf(token)[`${claim}ctx`], parts.ctx);
        tickets.add(payloadOf(token)[`${claim}ticket`]);
      }
      assert.equal(tickets.size, 2);
      const spelt = await ask(stage, door, { ...parts, ctx: String(parts.ctx).toUpperCase() });
      assert.equal(spelt.verdict, "issued");
    }));

  Deno.test(`${door}: every reason for a no has its verdict and code`, (t) =>
    withSuperOffice(async (stage) => {
      for (const one of reasons) {
        await t.step(`${one.step}. ${one.what}`, async () => {
          assertRefused(await ask(stage, door, bentBy(stage, one)), one, door);
        });
      }
    }));

  Deno.test(`${door}: of two reasons the earlier one is told`, () =>
    withSuperOffice(async (stage) => {
      for (const [index, earlier] of reasons.entries()) {
        for (const later of reasons.slice(index + 1)) {
          if (later.step === earlier.step) continue;
          // Applied in the order that lets the earlier one undo nothing of the later one.
          const outcome = await ask(stage, door, bentBy(stage, later, earlier));
          assertRefused(outcome, { ...earlier, what: `${earlier.what}, ${later.what}` }, door);
        }
      }
    }));

  Deno.test(`${door}: a request without one of its members is malformed, whatever the others are`, () =>
    withSuperOffice(async (stage) => {
      const [malformed] = reasons as [Reason];
      const others = { secret: "0", ctx: "Cust999", signed: "a.b" };
      for (const name of ["secret", "ctx", "signed"] as const) {
        const right = { ...rightParts(stage), [name]: null };
        const wrong = { ...right, ...others, [name]: null };
        for (const parts of [right, wrong]) {
          assertRefused(await ask(stage, door, parts), malformed, door);
        }
      }
    }));
}

Deno.test("a tenant in any state in which it does not run is refused before its token is looked at", () =>
  withSuperOffice(async (stage) => {
    const parts = { ...rightParts(stage), signed: "no token" };
    const ctx = String(parts.ctx);
    for (const state of ["Provisioning", "OfflineMaintenance", "MigrationPending"] as const) {
      stage.control.setTenantState(ctx, state);
      assert.equal((await ask(stage, "rest", parts)).verdict, "tenant_not_running");
    }
    stage.control.remove(ctx);
    assert.equal((await ask(stage, "rest", parts)).verdict, "unknown_tenant");
  }));

Deno.test("a text that is not three parts is a wrong signature, one without a minute a wrong time", () =>
  withSuperOffice(async (stage) => {
    const parts = rightParts(stage);
    const verdictOf = async (signed: string) =>
      (await ask(stage, "rest", { ...parts, signed })).verdict;
    for (const signed of ["nothing", "a.b", `${parts.token}.202611221200.a.b`, "..."]) {
      assert.equal(await verdictOf(signed), "invalid_signature");
    }
    const minutes = ["", "20261122120", "2026112212000", "202611221260", "202613221200"];
    for (const minute of [...minutes, "202602301200", "2026-11-22T12:00", "20261122120a"]) {
      assert.equal(await verdictOf(`${parts.token}.${minute}.AAAA`), "invalid_timestamp");
    }
  }));

Deno.test("REST wants ReturnTokenType said", () =>
  withSuperOffice(async (stage) => {
    const { SignedSystemToken } = consented(stage);
    const answer = await postExchange(stage, { SignedSystemToken, ReturnTokenType: undefined });
    assert.equal(answer.status, 400);
    assert.deepEqual(lastVerdict(stage), ["malformed", null]);
  }));
