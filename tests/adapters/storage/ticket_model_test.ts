/** Any history of one tenant's tickets: both stores answer as the model says, and keep their promises. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { LeaseRequest, TicketStore } from "../../../src/usecases/ticket_ports.ts";
import { BACKENDS } from "./backends.ts";
import { generationOf, refused, request, TENANT, ticket } from "./samples.ts";
import {
  createModel,
  expectLease,
  liveLease,
  liveTicket,
  type Model,
  newest,
} from "./ticket_model.ts";

type Command = fc.AsyncCommand<Model, Real>;

interface Real {
  readonly store: TicketStore;
  /** Which answers there were, over all runs. */
  readonly seen: Set<string>;
}

/** Which generation is to be replaced: none, the newest there is, or so many below or above. */
type Replaces = "none" | number;

function command(name: string, run: (model: Model, real: Real) => Promise<void>): Command {
  return { check: () => true, run, toString: () => name };
}

async function askLease(
  model: Model,
  { store, seen }: Real,
  asked: Pick<LeaseRequest, "owner" | "why" | "credentials" | "leaseMs">,
  replaced: Replaces,
): Promise<void> {
  const generation = replaced === "none" ? 0 : newest(model.stored) + replaced;
  const replaces = generation < 1 ? null : generationOf(generation);
  const bent = request({ ...asked, replaces, now: model.now });
  const expected = expectLease(model, bent);
  const answer = await store.lease(model.tenant, bent);
  seen.add(`${asked.why}: ${answer.kind}`);
  assert.equal(answer.kind, expected.kind);
  if ("ms" in answer) assert.deepEqual(answer, expected);
  if (answer.kind === "hit") {
    assert.deepEqual({ kind: "hit", generation: answer.ticket.generation }, expected);
    assert.deepEqual(answer.ticket, liveTicket(model));
    assert.ok(answer.ticket.expiresAt > model.now, "a ticket past its end");
  }
  if (answer.kind !== "lease") return;
  const held = liveLease(model);
  if (held !== undefined) {
    assert.equal(held.owner, asked.owner, "two leases at once");
    assert.equal(answer.generation, held.generation);
    return;
  }
  assert.ok(answer.generation > newest([...model.given, ...model.stored]), "no new generation");
  assert.deepEqual(expected, { kind: "lease", generation: answer.generation });
  model.given.push(answer.generation);
  const { generation: given } = answer;
  const until = model.now + asked.leaseMs;
  model.leases.push({ owner: asked.owner, generation: given, until, isOver: false });
  model.leasedAt.push(model.now);
  if (asked.why === "rejection") model.rejectedAt.push(model.now);
}

/** Publishes what the owner's last lease was for, however late. */
async function publish(model: Model, { store, seen }: Real, owner: string, lifeMs: number) {
  const lease = model.leases.findLast((it) => it.owner === owner);
  if (lease === undefined) return;
  const expiresAt = model.now + lifeMs;
  const made = ticket(lease.generation, { issuedAt: model.now, expiresAt });
  const answer = await store.publish(model.tenant, owner, made);
  seen.add(answer);
  assert.equal(answer, lease.generation > newest(model.stored) ? "published" : "fenced");
  if (answer === "fenced") return;
  model.stored.push(lease.generation);
  model.tickets.set(lease.generation, made);
  for (const one of model.leases) if (one.owner === owner) one.isOver = true;
}

async function refuse(
  model: Model,
  { store }: Real,
  owner: string,
  bend: { readonly credentials: string; readonly forMs: number; readonly endsTicket: boolean },
) {
  await store.refuse(model.tenant, refused({ owner, ...bend, now: model.now }));
  const lease = liveLease(model);
  if (lease?.owner !== owner) return;
  lease.isOver = true;
  model.refusal = { credentials: bend.credentials, until: model.now + bend.forMs };
  if (bend.endsTicket) model.stored.push(lease.generation);
}

async function invalidate(model: Model, { store }: Real) {
  await store.invalidate(model.tenant, model.now);
  model.refusal = null;
  model.leasedAt = [];
  model.rejectedAt = [];
  for (const lease of model.leases) lease.isOver = true;
  const known = [...model.given, ...model.stored];
  if (known.length === 0) return;
  model.given.push(newest(known) + 1);
  model.stored.push(newest(known) + 1);
}

/** The tenant of a ticket that was published once has moved, or so somebody says who knew it then. */
async function relocate(model: Model, { store, seen }: Real, age: number, place: number) {
  const known = [...model.tickets.values()].at(-1 - age);
  if (known === undefined) return;
  const webapiUrl = `https://sod${place}.example.com/Cust12345/api/`;
  const moved = { ...known, webapiUrl, addressesUntil: model.now + place };
  await store.relocate(moved);
  const isStored = known.generation === newest(model.stored);
  seen.add(isStored ? "relocated" : "not relocated");
  if (isStored) model.tickets.set(known.generation, moved);
}

async function get(model: Model, { store, seen }: Real) {
  const found = await store.get(model.tenant, model.now);
  seen.add(found === null ? "no ticket" : "a ticket");
  assert.deepEqual(found, liveTicket(model));
  if (found !== null) assert.ok(found.expiresAt > model.now, "a ticket past its end");
}

const STORMING = { why: "rejection", credentials: "app", leaseMs: 10_000 } as const;

/** A caller who rejects whatever it gets, each time as somebody new. */
async function storm(model: Model, real: Real, size: number) {
  for (let count = 0; count < size; count++) {
    const owner = `storm-${model.leases.length}`;
    await askLease(model, real, { ...STORMING, owner }, 0);
    if (liveLease(model)?.owner === owner) await publish(model, real, owner, 6 * 3_600_000);
  }
}

const owner = fc.constantFrom("a", "b", "c");
const leaseMs = fc.constantFrom(10_000, 300_000);
/** Who holds the lease when it comes to that, or somebody who may have had one. */
const holder = fc.constantFrom("holder", "holder", "a", "b", "c");
const credentials = fc.constantFrom("app", "other");
const why = fc.constantFrom("miss", "renewal", "rejection" as const);
const replaced = fc.constantFrom<Replaces>("none", 0, 0, 0, -1, 1, 1_000);
const step = fc.oneof(
  fc.integer({ min: 1, max: 2_000 }),
  fc.constantFrom(10_000, 20_000, 60_000, 75_000),
  fc.integer({ min: 1, max: 600_000 }),
);
const life = fc.constantFrom(5_000, 60_000, 6 * 3_600_000);

const nameOf = (model: Model, holder: string): string =>
  holder === "holder" ? liveLease(model)?.owner ?? "a" : holder;

const lease = fc.record({ owner, why, credentials, leaseMs, replaced }).map((
  { replaced, ...asked },
) =>
  command(
    `lease ${JSON.stringify({ ...asked, replaced })}`,
    (model, real) => askLease(model, real, asked, replaced),
  )
);

const commands = fc.commands([
  // Twice: what it is all about.
  lease,
  lease,
  fc.tuple(holder, life).map(([holder, lifeMs]) =>
    command(
      `publish ${holder} ${lifeMs}`,
      (model, real) => publish(model, real, nameOf(model, holder), lifeMs),
    )
  ),
  fc.record({
    credentials,
    forMs: fc.constantFrom(1_000, 60_000),
    endsTicket: fc.boolean(),
  }).chain((bend) =>
    owner.map((owner) =>
      command(
        `refuse ${owner} ${JSON.stringify(bend)}`,
        (model, real) => refuse(model, real, owner, bend),
      )
    )
  ),
  step.map((ms) =>
    command(`step ${ms}`, (model) => {
      model.now += ms;
      return Promise.resolve();
    })
  ),
  fc.constant(command("get", get)),
  fc.constantFrom(1, 2, 3, 5, 7, 31).map((size) =>
    command(`storm ${size}`, (model, real) => storm(model, real, size))
  ),
  fc.constant(command("invalidate", invalidate)),
  fc.tuple(fc.constantFrom(0, 0, 0, 1), fc.integer({ min: 1, max: 9 })).map(([age, place]) =>
    command(`relocate ${age} ${place}`, (model, real) => relocate(model, real, age, place))
  ),
], { maxCommands: 100, size: "max" });

/** Each must have come up, or the histories say nothing of it. */
const ANSWERS = [
  ...["miss", "renewal", "rejection"].flatMap((why) =>
    ["hit", "lease", "wait", "refused"].map((kind) => `${why}: ${kind}`)
  ),
  "renewal: later",
  "rejection: limited",
  "published",
  "fenced",
  "a ticket",
  "no ticket",
  "relocated",
  "not relocated",
];

const RUNS: Readonly<Record<string, number>> = { "SQLite in memory": 200, "Upstash": 50 };

for (const { name, ignore, use } of BACKENDS.filter(({ name }) => name in RUNS)) {
  Deno.test({
    name: `any history of tickets is answered as the model says: ${name}`,
    ignore,
    fn: () =>
      use(async (open) => {
        const seen = new Set<string>();
        await fc.assert(
          fc.asyncProperty(commands, async (commands) => {
            const stores = open();
            try {
              const setup = () => ({
                model: createModel(TENANT),
                real: { store: stores.tickets, seen },
              });
              await fc.asyncModelRun(setup, commands);
            } finally {
              stores.close();
            }
          }),
          { seed: 20261122, numRuns: RUNS[name]! },
        );
        assert.deepEqual([...seen].sort(), [...ANSWERS].sort());
      }),
  });
}
