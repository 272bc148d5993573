/** Two things at once, and things that end in the middle: after each the world is looked at again. */

import assert from "node:assert/strict";
import { alter, begin, postForm, query, send } from "../support/callback.ts";
import { facts } from "../support/facts.ts";
import { assertProblem } from "../support/problems.ts";
import {
  API_KEY,
  createTestClock,
  startService,
  TENANT,
  type TestService,
  type TestServiceOptions,
} from "../support/service.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;

async function withService(
  options: TestServiceOptions,
  test: (service: TestService) => Promise<void>,
): Promise<void> {
  const service = await startService(options);
  try {
    service.simulator.control.approve(TENANT);
    await test(service);
  } finally {
    await service.close();
  }
}

const ask = (service: TestService, url = service.url) =>
  send(new URL(TICKET, url), { headers: { authorization: `Bearer ${API_KEY}` } });

async function consent(service: TestService): Promise<number> {
  const { state, nonce, cookie } = await begin(service.url);
  const id_token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce });
  return (await postForm(service.url, { state, id_token }, cookie)).status;
}

async function remove(service: TestService): Promise<number> {
  const answer = await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" });
  await answer.body?.cancel();
  return answer.status;
}

/** A new system user token, as after an administrator withdrew and gave the approval again. */
function renewToken({ simulator: { control } }: TestService): string {
  control.set({ newSystemTokenOnReapproval: true });
  control.revoke(TENANT);
  return control.approve(TENANT).system_user_token;
}

async function until(what: string, happened: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!await happened()) {
    if (performance.now() > deadline) throw new Error(`Cannot go on: ${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What the ledger says since the last removal, which is where `afresh` begins. */
async function kinds(service: TestService): Promise<unknown[]> {
  const all = (await service.entries()).map(({ kind, result }) => result ?? kind);
  return all.slice(all.lastIndexOf("tenant_removed") + 1);
}

/** The tenant has approved at SuperOffice and is unknown here; nothing is remembered of it. */
async function afresh(service: TestService): Promise<void> {
  const { control } = service.simulator;
  control.resetSwitches();
  control.approve(TENANT);
  assert.equal(await consent(service), 303);
  assert.equal(await remove(service), 204);
  control.resetCounters();
}

/** Makes the store fail at one step until it is healed. */
const FAULTS = {
  ledger: (kind: string) =>
    `CREATE TRIGGER fault BEFORE INSERT ON ledger_leaves WHEN NEW.leaf LIKE '%"kind":"${kind}"%'
     BEGIN SELECT RAISE(ABORT, 'on purpose'); END`,
  table: (verb: string, table: string) =>
    `CREATE TRIGGER fault BEFORE ${verb} ON ${table}
     BEGIN SELECT RAISE(ABORT, 'on purpose'); END`,
  heal: "DROP TRIGGER fault",
};

facts("races and faults around one tenant", (test) => withService({}, test), {
  "ten consents of one tenant at once make one tenant, each on record": async (service) => {
    const statuses = await Promise.all(Array.from({ length: 10 }, () => consent(service)));
    assert.deepEqual(new Set(statuses), new Set([303]));
    assert.equal(query(service, "SELECT * FROM tenants").length, 1);
    assert.equal((await kinds(service)).filter((kind) => kind === "consent").length, 10);
    assert.equal((await ask(service)).status, 200);
  },
  "one state brought back ten times at once works once": async (service) => {
    const { state, nonce, cookie } = await begin(service.url);
    const id_token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce });
    const other = await service.another();
    try {
      const answers = await Promise.all(
        Array.from(
          { length: 10 },
          (_, n) => postForm(n % 2 === 0 ? service.url : other.url, { state, id_token }, cookie),
        ),
      );
      const good = answers.filter(({ status }) => status === 303);
      assert.equal(good.length, 1);
      assert.deepEqual(await kinds(service), ["consent"]);
    } finally {
      await other.close();
    }
  },
  "a tenant removed during its exchange gets no ticket, and neither memory nor store has one":
    async (service) => {
      const { control } = service.simulator;
      await consent(service);
      control.set({ exchangeDelayMs: 150 });
      const asking = ask(service);
      await until("the exchange", () => control.exchangeCount() === 1);
      assert.equal(await remove(service), 204);
      assertProblem(await asking, "tenant_unknown");
      assertProblem(await ask(service), "tenant_unknown");
      assert.deepEqual(query(service, "SELECT ticket FROM tickets WHERE ticket IS NOT NULL"), []);
    },
  "a consent during an exchange fences it: the answer is a ticket of the new token": async (
    service,
  ) => {
    const { control } = service.simulator;
    await consent(service);
    control.set({ exchangeDelayMs: 150 });
    const asking = ask(service);
    await until("the exchange", () => control.exchangeCount() === 1);
    renewToken(service);
    assert.equal(await consent(service), 303);
    const answer = await asking;
    assert.equal(answer.status, 200);
    assert.equal(control.exchangeCount(), 2);
    const issued = (await service.entries()).filter(({ kind }) => kind === "exchange");
    const digest = sha256Hex(JSON.parse(answer.body).ticket);
    assert.equal(issued.at(-1)!.ticket_sha256, digest);
    const next = await ask(service);
    assert.notEqual(next.headers.get("x-ticket-source"), "exchange");
    assert.equal(next.body, answer.body);
  },
  "a withdrawn consent is said at once to all, and a new one heals at the next request": async (
    service,
  ) => {
    const { control } = service.simulator;
    await consent(service);
    control.revoke(TENANT);
    const refused = await Promise.all(Array.from({ length: 5 }, () => ask(service)));
    for (const answer of refused) assertProblem(answer, "consent_withdrawn");
    assertProblem(await ask(service), "consent_withdrawn");
    assert.equal(control.exchangeCount(), 1);
    const health = async () =>
      (await (await service.call(`/v1/tenants/${TENANT}`)).json()).health as string;
    assert.equal(await health(), "consent_withdrawn");
    control.approve(TENANT);
    assert.equal(await consent(service), 303);
    assert.equal((await ask(service)).status, 200);
    assert.equal(await health(), "connected");
  },
  "a ledger that cannot take a consent or a removal stops both": async (service) => {
    alter(service, FAULTS.ledger("consent"));
    assert.equal(await consent(service), 503);
    assert.deepEqual(query(service, "SELECT * FROM tenants"), []);
    alter(service, FAULTS.heal);
    assert.equal(await consent(service), 303);
    alter(service, FAULTS.ledger("tenant_removed"));
    assert.equal(await remove(service), 503);
    assert.equal((await ask(service)).status, 200);
    alter(service, FAULTS.heal);
  },
  "a ticket that cannot be stored is still given, to all who waited for it": async (service) => {
    await consent(service);
    alter(
      service,
      `CREATE TRIGGER fault BEFORE UPDATE ON tickets WHEN NEW.ticket IS NOT NULL
      BEGIN SELECT RAISE(ABORT, 'on purpose'); END`,
    );
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(service)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
    assert.equal((await ask(service)).headers.get("x-ticket-source"), "memory");
  },
}, afresh);

/** Stands still but where a test waits for a refusal to be forgotten. */
const clock = createTestClock();

const withoutEvidence = (kind: string) => async (service: TestService): Promise<void> => {
  await consent(service);
  const before = service.kms!.signatures();
  alter(service, FAULTS.ledger(kind));
  assertProblem(await ask(service), "ledger_unavailable");
  assert.equal(service.kms!.signatures() - before, kind === "sign_intent" ? 0 : 1);
  assert.equal(service.simulator.control.exchangeCount(), kind === "exchange" ? 1 : 0);
  assert.deepEqual(query(service, "SELECT ticket FROM tickets WHERE ticket IS NOT NULL"), []);
  alter(service, FAULTS.heal);
  const healed = clock.now();
  await until("the remembered refusal to end", async () => {
    clock.advance(100);
    return (await ask(service)).status === 200;
  });
  assert.ok(clock.now() - healed <= 5000, `after ${clock.now() - healed} ms`);
};

facts(
  "a key in the cloud and a ledger, in trouble",
  (test) => withService({ kms: true, clock, deadlines: { signAttemptMs: 1000 } }, test),
  {
    "a key that answers after its deadline is asked again, and both attempts are on record": async (
      service,
    ) => {
      await consent(service);
      const before = service.kms!.signatures();
      service.kms!.fault({ kind: "slow", ms: 1500, calls: 1 });
      assert.equal((await ask(service)).status, 200);
      assert.equal(service.kms!.signatures() - before, 2);
      assert.equal(service.simulator.control.exchangeCount(), 1);
      const [, ...attempts] = await kinds(service);
      assert.deepEqual(attempts, ["sign_intent", "failed", "sign_intent", "signed", "issued"]);
    },
    "a ledger that cannot take the intent hands nothing out": withoutEvidence("sign_intent"),
    "a ledger that cannot take the outcome hands nothing out": withoutEvidence("sign_outcome"),
    "a ledger that cannot take the exchange hands nothing out": withoutEvidence("exchange"),
  },
  afresh,
);

Deno.test("one legacy token brought ten times at once works once", () =>
  withService({ env: { SUPEROFFICE_LEGACY_LOGIN: "on" } }, async (service) => {
    const JWT = service.simulator.control.mintLegacyToken({ ctx: TENANT });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => postForm(service.url, { JWT })),
    );
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
    assert.equal((await kinds(service)).filter((kind) => kind === "consent").length, 1);
  }));

Deno.test("while SuperOffice is silent all who wait are answered within its deadline", () =>
  withService({ env: { EXCHANGE_TIMEOUT_MS: "400" } }, async (service) => {
    const other = await service.another();
    try {
      await consent(service);
      service.simulator.control.set({ exchangeSilent: true });
      const began = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => ask(service, n % 2 === 0 ? service.url : other.url)),
      );
      assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
      for (const answer of answers) assertProblem(answer, "upstream_unavailable");
      assert.equal(service.simulator.control.exchangeCount(), 1);
      assert.deepEqual((await kinds(service)).slice(1), ["sign_intent", "signed", "failed"]);
    } finally {
      await other.close();
    }
  }));
