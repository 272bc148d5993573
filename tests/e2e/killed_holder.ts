/**
 * The process that holds a tenant's lease is killed at the worst moments, while a hundred callers wait at
 * two others: they get one ticket by one exchange more, as soon as the lease has ended.
 */

import assert from "node:assert/strict";
import { DEADLINES, leaseFor } from "../../src/deadlines.ts";
import type { ContextId } from "../../src/domain/context_id.ts";
import { AT_ONCE } from "../support/at_once.ts";
import { CALLERS, type Crowd, type Given, withCrowd } from "../support/crowd.ts";
import { eventually } from "../support/processes.ts";
import { addTenant, pathOf } from "../support/stored_tenants.ts";

/** Where the holder is held up until it is killed, and what it has cost by then. */
interface Moment {
  readonly name: string;
  /** @returns whether the holder of this tenant's lease has come there, and what lets others pass */
  arm(crowd: Crowd, tenant: ContextId): { reached(): boolean; end(): void };
  readonly exchanges: number;
  readonly signatures: number;
}

const MOMENTS: readonly Moment[] = [
  {
    name: "the key has signed, and its answer is on the way",
    arm({ kms }) {
      const before = kms.signatures();
      kms.fault({ kind: "silent", happened: true });
      return { reached: () => kms.signatures() > before, end: () => kms.fault(null) };
    },
    exchanges: 1,
    signatures: 2,
  },
  {
    name: "SuperOffice has made a ticket, and its answer is on the way",
    arm({ superoffice: { control } }, tenant) {
      control.set({ exchangeSilent: true });
      return {
        reached: () => exchangesOf(control, tenant) > 0,
        end: () => control.set({ exchangeSilent: false }),
      };
    },
    exchanges: 2,
    signatures: 2,
  },
  {
    name: "the ticket is on the way to the store",
    arm({ upstash }, tenant) {
      let isReached = false;
      upstash.all((commands) => {
        if (!commands.some((command) => isPublish(command, tenant))) return null;
        isReached = true;
        return { kind: "silent" };
      });
      return { reached: () => isReached, end: () => upstash.all(null) };
    },
    exchanges: 2,
    signatures: 2,
  },
];

/** Half a second is what is promised; a busy machine adds to it, and another lease would be far more. */
const BUSY_MS = 8000;

type Control = Crowd["superoffice"]["control"];

function exchangesOf(control: Control, tenant: ContextId): number {
  return control.exchanges().filter((one) => one.contextIdentifier === tenant).length;
}

/** Nothing else takes the ticket and the lease, and no refusal. */
function isPublish(command: readonly string[], tenant: ContextId): boolean {
  const takes = (kind: string) => command.some((part) => part.endsWith(`:${kind}:{${tenant}}`));
  return takes("ticket") && takes("lease") && !takes("refusal");
}

/** How many asked for the tenant's lease, at the store. */
function asked({ upstash }: Crowd, tenant: ContextId): number {
  return upstash.seen.filter((command) =>
    command.some((part) => part.endsWith(`:refusal:{${tenant}}`))
  ).length;
}

interface Waiting {
  readonly moment: Moment;
  readonly tenant: ContextId;
  readonly given: Promise<Given[]>;
}

/** Kills the holder at the moment. @returns who waits */
async function kill(
  crowd: Crowd,
  moment: Moment,
  victim: Crowd["services"][number],
  survivors: readonly string[],
): Promise<Waiting> {
  const tenant = await addTenant(crowd);
  const held = moment.arm(crowd, tenant);
  const lost = fetch(`${victim.url}${pathOf(tenant)}`, {
    headers: { authorization: crowd.authorization },
  }).then((answer) => answer.status, () => null);
  await eventually(moment.name, () => held.reached() || null);
  const given = crowd.askAll(survivors, tenant);
  await eventually("others ask for the lease", () => asked(crowd, tenant) >= 3 || null);
  victim.process.kill("SIGKILL");
  held.end();
  assert.equal((await victim.process.exit()).signal, "SIGKILL");
  assert.equal(await lost, null);
  return { moment, tenant, given };
}

/** @param nowWaiting called when every holder is dead, and others wait for their leases to end */
export function killHolders(t: Deno.TestContext, nowWaiting: () => void): Promise<void> {
  return withCrowd(MOMENTS.length + 2, async (crowd) => {
    const { config, services, counts, superoffice } = crowd;
    const survivors = services.slice(MOMENTS.length).map(({ url }) => url);
    const waiting: Waiting[] = [];
    for (const [number, moment] of MOMENTS.entries()) {
      waiting.push(await kill(crowd, moment, services[number]!, survivors));
    }
    nowWaiting();
    const most = leaseFor(config, DEADLINES) + config.exchangeTimeoutMs + BUSY_MS;
    for (const { moment, tenant, given } of waiting) {
      const fn = async () => {
        const all = await given;
        assert.equal(all.length, survivors.length * CALLERS);
        assert.equal(new Set(all.map(({ ticket }) => ticket)).size, 1);
        assert.ok(Math.max(...all.map(({ ms }) => ms)) <= most);
        assert.equal(exchangesOf(superoffice.control, tenant), moment.exchanges);
      };
      await t.step({ name: moment.name, fn, ...AT_ONCE });
    }
    const signatures = MOMENTS.reduce((sum, moment) => sum + moment.signatures, 0);
    assert.equal(counts().signatures, signatures);
  });
}
