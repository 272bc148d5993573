/** Who becomes a tenant, and whose token may take the place of another. */

import assert from "node:assert/strict";
import { Secret } from "../../src/domain/secret.ts";
import { type Admission, createAdmission } from "../../src/usecases/consent_admission.ts";
import type { Identity } from "../../src/usecases/superoffice_ports.ts";
import { createParts, stateOf, TENANT } from "../support/parts.ts";

type Parts = ReturnType<typeof createParts>;

async function withAdmission(
  test: (parts: Parts, admission: Admission) => Promise<void>,
): Promise<void> {
  const parts = createParts();
  const { stores } = parts;
  try {
    await test(
      parts,
      createAdmission({
        tenants: stores.tenants,
        store: stores.consents,
        ticketStore: stores.tickets,
        tickets: parts.tickets,
        states: parts.states,
        ledger: parts.ledger,
        announce: (type, tenant, data) => {
          const body = JSON.stringify({ type, tenant, ...data });
          const notice = { id: `notice-${parts.notices.length}`, body, at: 0 };
          parts.notices.push(notice);
          return notice;
        },
        clock: parts.clock,
        log: parts.log,
      }),
    );
  } finally {
    parts.close();
  }
}

let count = 0;

function identityOf(
  parts: Parts,
  systemUserToken: string,
  bend: Partial<Identity> = {},
): Identity {
  return {
    kind: "identity",
    namesUs: true,
    consent: {
      contextIdentifier: TENANT,
      companyName: "Example Tenant",
      consentedBy: "admin@example.test",
      serial: "1234567890",
      systemUserToken: new Secret(systemUserToken),
      webapiUrl: null,
      netserverUrl: null,
    },
    tokenDigest: `token-${++count}`,
    usableUntil: parts.clock.now() + 300_000,
    ...bend,
  };
}

const OURS = "Box Office-AbCdEf1234";
const OURS_ANEW = "Box Office-ZyXwVu9876";
const FOREIGN = "Other App-AbCdEf1234";

const tokenOf = async ({ stores }: Parts) =>
  (await stores.tenants.get(TENANT))?.systemUserToken.reveal();

const reasonsOf = async (parts: Parts) =>
  (await parts.entries()).filter(({ kind }) => kind === "consent_refused")
    .map(({ reason }) => reason);

Deno.test("a consent is told with who gave it and whether the tenant was known", () =>
  withAdmission(async (parts, admission) => {
    for (const isRenewed of [false, true]) {
      parts.clock.advance(1000);
      assert.deepEqual(
        await admission.admit(identityOf(parts, OURS), null, "request-1"),
        { kind: "stored", isRenewed },
      );
      assert.deepEqual(JSON.parse(parts.notices.at(-1)!.body), {
        type: "tenant.consented",
        tenant: TENANT,
        consented_at: new Date(parts.clock.now()).toISOString(),
        renewed: isRenewed,
      });
    }
    assert.equal(parts.notices.length, 2);
  }));

Deno.test("after a consent the tenant's state is asked anew", () =>
  withAdmission(async (parts, admission) => {
    parts.script.state = () => stateOf("Running");
    await admission.admit(identityOf(parts, OURS), null, "request-1");
    await parts.get();
    assert.equal(parts.counts.states, 1);
    await admission.admit(identityOf(parts, OURS), null, "request-2");
    await parts.get();
    assert.equal(parts.counts.states, 2);
  }));

Deno.test("a token that names us replaces any other", () =>
  withAdmission(async (parts, admission) => {
    await admission.admit(identityOf(parts, FOREIGN), null, "request-1");
    const answer = await admission.admit(identityOf(parts, OURS), null, "request-2");
    assert.equal(answer.kind, "stored");
    assert.equal(await tokenOf(parts), OURS);
  }));

Deno.test("a token that does not name us replaces one of the same application", () =>
  withAdmission(async (parts, admission) => {
    await admission.admit(identityOf(parts, OURS), null, "request-1");
    const again = identityOf(parts, OURS_ANEW, { namesUs: false });
    assert.deepEqual(await admission.admit(again, null, "request-2"), {
      kind: "stored",
      isRenewed: true,
    });
    assert.equal(await tokenOf(parts), OURS_ANEW);
  }));

const PAIRS: readonly (readonly [known: string, given: string])[] = [
  [OURS, FOREIGN],
  [OURS, "Box Office"],
  [OURS, "Box-AbCdEf1234"],
  [OURS, "Box Office-AbCdEf1234-AbCdEf1234"],
  [OURS, "box office-AbCdEf1234"],
  [OURS, "-AbCdEf1234"],
  ["Box-Office-AbCdEf1234", "Box-Other-AbCdEf1234"],
  ["Token without a mark", "Another without a mark"],
];

for (const [known, given] of PAIRS) {
  Deno.test(`a token that does not name us leaves ${known} alone: ${given}`, () =>
    withAdmission(async (parts, admission) => {
      await admission.admit(identityOf(parts, known), null, "request-1");
      parts.clock.advance(1000);
      const before = await parts.stores.tenants.get(TENANT);
      parts.notices.length = 0;
      const foreign = identityOf(parts, given, { namesUs: false });
      assert.deepEqual(await admission.admit(foreign, null, "request-2"), {
        kind: "refused",
        why: "not_accepted",
      });
      assert.deepEqual(await parts.stores.tenants.get(TENANT), before);
      assert.equal(await tokenOf(parts), known);
      assert.deepEqual(await reasonsOf(parts), ["other_application"]);
      assert.deepEqual(parts.notices, []);
      const again = await admission.admit(foreign, null, "request-3");
      assert.equal(again.kind === "refused" && again.why, "already_used");
    }));
}

Deno.test("another application's token that came first does not keep ours out for ever", () =>
  withAdmission(async (parts, admission) => {
    await admission.admit(identityOf(parts, FOREIGN, { namesUs: false }), null, "request-1");
    const ours = () =>
      admission.admit(identityOf(parts, OURS, { namesUs: false }), null, "request");
    assert.equal((await ours()).kind, "refused");
    parts.script.exchange = () => ({ kind: "refused" });
    const refused = await parts.get();
    assert.equal(!refused.ok && refused.refusal.code, "consent_withdrawn");
    assert.equal((await ours()).kind, "stored");
    assert.equal(await tokenOf(parts), OURS);
  }));
