/**
 * Processes are killed at each commit point of a ticket, and just before and behind it. What the ledger
 * holds then is what was done, or an intent more; what Cloud KMS's own audit log holds is in the ledger.
 */

import assert from "node:assert/strict";
import { readAuditEntry, type SignCall } from "../../src/domain/audit_entry.ts";
import type { ContextId } from "../../src/domain/context_id.ts";
import { createLedgerWalk } from "../../src/domain/ledger_verification.ts";
import { AT_ONCE } from "../support/at_once.ts";
import { type Crowd, withCrowd } from "../support/crowd.ts";
import { eventually } from "../support/processes.ts";
import { addTenant, pathOf } from "../support/stored_tenants.ts";
import type { Fault } from "../support/upstash_bridge.ts";

type Kind = "sign_intent" | "sign_outcome" | "exchange";
type Entry = Readonly<Record<string, unknown>>;
type Service = Crowd["services"][number];

/** Where a process is held up until it is killed, and what is left of it. */
interface Moment {
  readonly name: string;
  /** @returns whether the process has come there, and what lets others pass */
  arm(crowd: Crowd, tenant: ContextId): Held;
  /** The tenant's entries. */
  readonly leaves: readonly Kind[];
  /** Uses of the key, as its own audit log has them. */
  readonly uses: number;
}

interface Held {
  reached(): boolean | Promise<boolean>;
  end(): void;
}

/** The entry's append comes to nothing. */
const lost = (kind: Kind) => (crowd: Crowd, tenant: ContextId): Held => {
  const { seen, end } = holdUp(crowd, tenant, kind, { kind: "silent" });
  return { reached: seen, end };
};

/** The entry's append is done, and nobody is told. */
const unanswered = (kind: Kind) => (crowd: Crowd, tenant: ContextId): Held => {
  const { end } = holdUp(crowd, tenant, kind, { kind: "late" });
  const reached = async () => (await entriesOf(crowd, tenant)).at(-1)?.kind === kind;
  return { reached, end };
};

function holdUp({ upstash }: Crowd, tenant: ContextId, kind: Kind, fault: Fault) {
  let isSeen = false;
  const marks = [`"context_identifier":"${tenant}"`, `"kind":"${kind}"`];
  upstash.all((commands) => {
    const isIt = commands.flat().some((part) => marks.every((mark) => part.includes(mark)));
    isSeen ||= isIt;
    return isIt ? fault : null;
  });
  return { seen: () => isSeen, end: () => upstash.all(null) };
}

const MOMENTS: readonly Moment[] = [
  {
    name: "the intent is on its way to the store, and never comes there",
    arm: lost("sign_intent"),
    leaves: [],
    uses: 0,
  },
  {
    name: "the intent is written, and the store has not answered",
    arm: unanswered("sign_intent"),
    leaves: ["sign_intent"],
    uses: 0,
  },
  {
    name: "the key has been asked, and has not signed",
    arm({ kms }) {
      kms.fault({ kind: "silent", happened: false, calls: 1 });
      return { reached: () => kms.armedFault() === null, end: () => kms.fault(null) };
    },
    leaves: ["sign_intent"],
    uses: 0,
  },
  {
    name: "the key has signed, and has not answered",
    arm({ kms }) {
      const before = kms.signatures();
      kms.fault({ kind: "silent", happened: true });
      return { reached: () => kms.signatures() > before, end: () => kms.fault(null) };
    },
    leaves: ["sign_intent"],
    uses: 1,
  },
  {
    name: "the outcome is on its way to the store, and never comes there",
    arm: lost("sign_outcome"),
    leaves: ["sign_intent"],
    uses: 1,
  },
  {
    name: "the outcome is written, and the store has not answered",
    arm: unanswered("sign_outcome"),
    leaves: ["sign_intent", "sign_outcome"],
    uses: 1,
  },
  {
    name: "SuperOffice has made a ticket, and has not answered",
    arm({ superoffice: { control } }) {
      const before = control.exchangeCount();
      control.set({ exchangeSilent: true });
      return {
        reached: () => control.exchangeCount() > before,
        end: () => control.set({ exchangeSilent: false }),
      };
    },
    leaves: ["sign_intent", "sign_outcome"],
    uses: 1,
  },
  {
    name: "the exchange is on its way to the ledger, and never comes there",
    arm: lost("exchange"),
    leaves: ["sign_intent", "sign_outcome"],
    uses: 1,
  },
  {
    name: "the exchange is written, and the store has not answered",
    arm: unanswered("exchange"),
    leaves: ["sign_intent", "sign_outcome", "exchange"],
    uses: 1,
  },
];

async function leavesOf({ stores }: Crowd): Promise<readonly string[]> {
  return await stores.ledger.read(-1, 1000);
}

async function entriesOf(crowd: Crowd, tenant: ContextId): Promise<Entry[]> {
  return (await leavesOf(crowd)).map((leaf) => JSON.parse(leaf) as Entry)
    .filter((entry) => entry.context_identifier === tenant);
}

/** Every use of the key, by its own word. */
function usesOf({ kms }: Crowd): SignCall[] {
  return kms.auditEntries().flatMap((entry) => {
    const read = readAuditEntry(entry);
    return read.kind === "sign" && read.call.refusedWith === null ? [read.call] : [];
  });
}

/** A ticket for a new tenant. */
async function use(crowd: Crowd, { url }: Service): Promise<void> {
  await crowd.ask(url, await addTenant(crowd));
}

/** Kills a process at the moment, and judges what is left. */
async function kill(crowd: Crowd, moment: Moment, service: Service): Promise<void> {
  const { url, process } = service;
  // It knows the ledger's newest head then: its next append is no conflict, and its first is the one.
  await use(crowd, service);
  const tenant = await addTenant(crowd);
  const before = usesOf(crowd).length;
  const held = moment.arm(crowd, tenant);
  const headers = { authorization: crowd.authorization };
  const asked = fetch(`${url}${pathOf(tenant)}`, { headers })
    .then((answer) => answer.status, () => null);
  await eventually(moment.name, async () => await held.reached() || null);
  process.kill("SIGKILL");
  held.end();
  assert.equal((await process.exit()).signal, "SIGKILL");
  assert.equal(await asked, null);

  const entries = await entriesOf(crowd, tenant);
  assert.deepEqual(entries.map(({ kind }) => kind), moment.leaves);
  assert.equal(usesOf(crowd).length - before, moment.uses);
  await requireWitness(crowd);
}

/** The ledger verifies, and each use of the key has an intent of its own in it. */
async function requireWitness(crowd: Crowd): Promise<void> {
  const leaves = await leavesOf(crowd);
  const walk = createLedgerWalk();
  for (const leaf of leaves) walk.next(leaf);
  const verdict = walk.finish(null);
  assert.ok(verdict.ok, JSON.stringify(verdict));
  const intents = leaves.map((leaf) => JSON.parse(leaf) as Entry)
    .filter(({ kind }) => kind === "sign_intent");
  for (const { digest, keyVersion } of usesOf(crowd)) {
    const place = intents.findIndex((intent) =>
      intent.digest_sha256 === digest && intent.key_version === keyVersion
    );
    assert.ok(place >= 0, `a signature of ${digest} has no intent`);
    intents.splice(place, 1);
  }
}

/** One process is killed at each moment; one more sees it all, and goes on. */
export function killWriters(t: Deno.TestContext): Promise<void> {
  return withCrowd(MOMENTS.length + 1, async (crowd) => {
    const { services } = crowd;
    // With its first signature a process loads Google's client: all at once, and not while others wait.
    await Promise.all(services.map((service) => use(crowd, service)));
    for (const [number, moment] of MOMENTS.entries()) {
      const fn = () => kill(crowd, moment, services[number]!);
      await t.step({ name: moment.name, fn, ...AT_ONCE });
    }
    await use(crowd, services.at(-1)!);
    await requireWitness(crowd);
    assert.ok(usesOf(crowd).length > MOMENTS.length);
  });
}
