/**
 * Steady callers of a soak, who look closely at what they are given: is it this tenant's ticket, newer
 * than the last one, and does SuperOffice take it? A refusal must be one that may be tried again. What is
 * not so is remembered as wrong, and the callers go on.
 */

import { createHash } from "node:crypto";
import type { ContextId } from "../../src/domain/context_id.ts";
import { systemClock } from "../../src/system.ts";
import { pathOf } from "../../tests/support/stored_tenants.ts";
import type { Chance } from "./random.ts";
import type { SoakWorld } from "./world.ts";

export interface Callers {
  /** Calls at this rate until the signal. Resolves when the last one has its answer. */
  run(perSecond: number, chance: Chance, signal: AbortSignal): Promise<void>;
  /** Every tenant at every process, until each has given a ticket. @returns those that did not */
  requireAll(withinMs: number): Promise<string[]>;
  /** How many answers there were, by status and code. */
  readonly answers: ReadonlyMap<string, number>;
  /** SHA-256 in hex of every ticket that was handed out, with its tenant. */
  readonly given: ReadonlyMap<string, ContextId>;
  /** What must not be, one sentence each. */
  readonly wrongs: readonly string[];
  /** Waits for what SuperOffice is still asked, then lets go of all connections. */
  leave(): Promise<void>;
}

/** A ticket may be refused for these, with a `Retry-After` or without. */
const PASSING = ["upstream_unavailable", "store_unavailable", "signer_unavailable"]
  .concat(["ledger_unavailable", "exchange_failed"]);

/** No answer may take longer: a lease and an exchange. */
const PATIENCE_MS = 45_000;

/** Calls under way in `requireAll`. */
const AT_ONCE = 20;

interface Body {
  readonly code?: string;
  readonly context_identifier: string;
  readonly ticket: string;
  readonly generation: number;
  readonly expires_at: string;
}

/** @param mayBeRefused whose consent is withdrawn for a while */
export function createCallers(world: SoakWorld, mayBeRefused: ReadonlySet<ContextId>): Callers {
  let client = Deno.createHttpClient({});
  const answers = new Map<string, number>();
  const given = new Map<string, ContextId>();
  const wrongs: string[] = [];
  const newest = new Map<string, number>();
  const byGeneration = new Map<string, string>();
  const proving = new Set<Promise<void>>();
  const wrong = (text: string) => void wrongs.push(text);

  /** Does SuperOffice take it, at that tenant's own web services? */
  const prove = async (tenant: ContextId, ticket: string) => {
    const { tenantUrls: [home], clientSecret } = world.superoffice;
    const answer = await fetch(`${home}/${tenant}/api/v1/User/currentPrincipal`, {
      client,
      headers: { authorization: `SOTicket ${ticket}`, "so-apptoken": clientSecret },
    });
    await answer.body?.cancel();
    if (answer.status !== 200) wrong(`SuperOffice answers ${answer.status} to ${tenant}'s ticket`);
  };

  const look = (tenant: ContextId, at: string, before: number, body: Body) => {
    const { ticket, generation } = body;
    if (body.context_identifier !== tenant) wrong(`${tenant} got ${body.context_identifier}'s`);
    if (Date.parse(body.expires_at) <= Date.now()) wrong(`${tenant}'s ticket was over`);
    if (generation < before) wrong(`${tenant} got generation ${generation} after ${before}`);
    newest.set(at, Math.max(generation, newest.get(at) ?? 0));
    const digest = createHash("sha256").update(ticket).digest("hex");
    const name = `${tenant} ${generation}`;
    const same = byGeneration.get(name) ?? digest;
    if (same !== digest) wrong(`two tickets are generation ${generation} of ${tenant}`);
    byGeneration.set(name, digest);
    const owner = given.get(digest);
    if (owner !== undefined && owner !== tenant) wrong(`${tenant} got a ticket of ${owner}`);
    if (owner !== undefined) return;
    given.set(digest, tenant);
    const proof = prove(tenant, ticket).finally(() => proving.delete(proof));
    proving.add(proof);
  };

  const ask = async (url: string, tenant: ContextId): Promise<boolean> => {
    const at = `${url} ${tenant}`;
    const before = newest.get(at) ?? 0;
    const answer = await fetch(`${url}${pathOf(tenant)}`, {
      client,
      headers: { authorization: world.authorization },
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch(() => null);
    const body: Body | null = await answer?.json().catch(() => null) ?? null;
    const name = answer === null ? "no answer" : `${answer.status} ${body?.code ?? ""}`.trim();
    answers.set(name, (answers.get(name) ?? 0) + 1);
    if (answer === null || body === null) wrong(`${tenant} got no answer`);
    else if (answer.status === 200) look(tenant, at, before, body);
    else if (!mayPass(answer, body.code ?? "", mayBeRefused.has(tenant))) {
      wrong(`${tenant} got ${name}`);
    }
    return answer?.status === 200;
  };

  return {
    answers,
    given,
    wrongs,
    async run(perSecond, chance, signal) {
      const underWay = new Set<Promise<unknown>>();
      let due = performance.now();
      while (!signal.aborted) {
        const call = ask(chance.pick(world.services).url, chance.pick(world.tenants))
          .finally(() => underWay.delete(call));
        underWay.add(call);
        due += 1000 / perSecond;
        await systemClock.sleep(Math.max(0, due - performance.now()));
      }
      await Promise.all(underWay);
    },
    async requireAll(withinMs) {
      const deadline = performance.now() + withinMs;
      let left = world.tenants.flatMap((tenant, place) =>
        // Each process leads for some.
        world.services.map((_, at) => ({
          url: world.services[(place + at) % world.services.length]!.url,
          tenant,
        }))
      );
      while (true) {
        const again: typeof left = [];
        const queue = left.values();
        await Promise.all(Array.from({ length: AT_ONCE }, async () => {
          for (const one of queue) if (!await ask(one.url, one.tenant)) again.push(one);
        }));
        left = again;
        if (left.length === 0 || performance.now() > deadline) break;
        await systemClock.sleep(1000);
      }
      return left.map(({ tenant }) => tenant);
    },
    async leave() {
      await Promise.all(proving);
      client.close();
      client = Deno.createHttpClient({});
    },
  };
}

function mayPass({ status, headers }: Response, code: string, isRefused: boolean): boolean {
  if (isRefused && status === 409 && code === "consent_withdrawn") return true;
  const hasTime = status !== 503 || /^[1-9]\d*$/.test(headers.get("retry-after") ?? "");
  return PASSING.includes(code) && hasTime;
}
