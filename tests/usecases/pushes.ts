/** Pushes for tests of what they do: on real embedded storage, with hooks before its calls. */

import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import type { Outcome } from "../../src/domain/refusal.ts";
import type { TenantStanding } from "../../src/domain/tenant.ts";
import { createStateChanges, type StateChangesParts } from "../../src/usecases/state_changes.ts";
import type {
  IdentityRefusal,
  StateChange,
  StateChangeType,
} from "../../src/usecases/superoffice_ports.ts";
import { createParts, stateOf, TENANT } from "../support/parts.ts";

export type Parts = ReturnType<typeof createParts>;

/** Of a tenant that consented a minute ago and has its ticket. */
export async function withTenant(
  test: (world: World) => Promise<void>,
): Promise<void> {
  const parts = createParts();
  try {
    await parts.consent();
    parts.clock.advance(60_000);
    parts.script.state = () => stateOf("Running");
    await parts.get();
    parts.notices.length = 0;
    await test(createWorld(parts));
  } finally {
    // What goes on behind an answer may be at work in WebCrypto's threads.
    await parts.tickets.drain();
    parts.close();
  }
}

export type Hooks = Partial<
  Record<"claim" | "unclaim" | "get" | "mark" | "invalidate", () => unknown>
>;

export interface World {
  readonly parts: Parts;
  /** The next push that is read. */
  next: StateChange | IdentityRefusal | PartFault;
  /** Before and after any call of the store of that name. */
  readonly before: Hooks;
  readonly after: Hooks;
  push(type: StateChangeType, bend?: Partial<StateChange>): Promise<Outcome<null>>;
  receive(): Promise<Outcome<null>>;
  standing(): Promise<TenantStanding | undefined>;
  /** Kinds and directions of the ledger's entries about states. */
  recorded(): Promise<unknown[]>;
}

function createWorld(parts: Parts): World {
  const { stores } = parts;
  let count = 0;
  const hooked = <A extends unknown[], R>(
    name: keyof Hooks,
    call: (...args: A) => Promise<R>,
  ) =>
  async (...args: A): Promise<R> => {
    await world.before[name]?.();
    const value = await call(...args);
    await world.after[name]?.();
    return value;
  };
  const wiring: StateChangesParts = {
    reader: {
      read: () => {
        const { next } = world;
        return next instanceof PartFault ? Promise.reject(next) : Promise.resolve(next);
      },
    },
    tenants: {
      ...stores.tenants,
      get: hooked("get", (...args) => stores.tenants.get(...args)),
      mark: hooked("mark", (...args) => stores.tenants.mark(...args)),
    },
    ticketStore: {
      ...stores.tickets,
      invalidate: hooked("invalidate", (...args) => stores.tickets.invalidate(...args)),
    },
    tickets: parts.tickets,
    states: parts.states,
    standings: parts.standings,
    claims: {
      claim: hooked("claim", (...args) => stores.consents.claim(...args)),
      unclaim: hooked("unclaim", (...args) => stores.consents.unclaim(...args)),
    },
    ledger: parts.ledger,
    announce: (type, tenant, data) => {
      const notice = {
        id: `notice-${++count}`,
        body: JSON.stringify({ type, tenant, ...data }),
        at: 0,
      };
      parts.notices.push(notice);
      return notice;
    },
    clock: parts.clock,
    log: parts.log,
  };
  const changes = createStateChanges(wiring);
  const world: World = {
    parts,
    next: { kind: "refused", reason: "signature" },
    before: {},
    after: {},
    receive: () => changes.receive("{}", "request-1"),
    push(type, bend = {}) {
      world.next = {
        kind: "state_change",
        type,
        contextIdentifier: TENANT,
        tokenDigest: `token-${++count}`,
        usableUntil: parts.clock.now() + 300_000,
        ...bend,
      };
      return world.receive();
    },
    async standing() {
      const found = await stores.tenants.get(TENANT);
      if (found === null) return undefined;
      const { health, healthReason, healthSince, state, ticketsFrom } = found;
      return { health, healthReason, healthSince, state, ticketsFrom };
    },
    async recorded() {
      const entries = (await parts.entries()).filter(({ kind }) => kind === "tenant_state");
      return entries.map(({ from, to, request_id, caller, context_identifier }) => {
        assert.deepEqual([request_id, caller], ["request-1", null]);
        return [context_identifier, from, to];
      });
    },
  };
  return world;
}

export const ACCEPTED: Outcome<null> = { ok: true, value: null };

/** Of pushes, in their order. */
export const events = ({ log }: Parts) =>
  log.lines.map(({ event }) => event).filter((event) => event.startsWith("state_change."));
