/**
 * Tells apps that one of their tenants changed, in the background: a push that fails hurts nobody and
 * is not sent again. Whether the real service retries, how long it waits and which answer it expects
 * is unpublished. What was sent where is kept, without the message and its token.
 */
import type { App } from "./app.ts";
import { stateChangeOf, type StateChangeType } from "./state_change.ts";
import type { Tenant } from "./tenant.ts";
import { isAuthorized, type World } from "./world.ts";

export interface PushRecord {
  /** Milliseconds of the simulator's clock. */
  readonly at: number;
  readonly clientId: string;
  readonly contextIdentifier: string;
  readonly type: StateChangeType;
  readonly url: string;
  /** HTTP status of the app's answer; `null`: none, or none yet. */
  readonly status: number | null;
  /** Why there is no answer; `null`: there is one, or the push is under way. */
  readonly error: string | null;
}

export interface Pushes {
  /** The apps that the tenant has authorised and that want to be told. */
  recipientsOf(tenant: Tenant): readonly App[];
  /** Sends one message. Never rejects once it is sent; throws when the app wants none. */
  push(app: App, tenant: Tenant, type: StateChangeType): Promise<PushRecord>;
  /** The latest 1000, those under way included. */
  records(): readonly PushRecord[];
  /** Resolves when no push is under way. */
  settled(): Promise<void>;
}

/** Nothing sent yet. What is under way when the simulator closes is given up. */
export function createPushes(world: World): Pushes {
  let records: PushRecord[] = [];
  const underWay = new Set<Promise<PushRecord>>();
  return {
    recipientsOf(tenant) {
      return [...world.state.apps.values()].filter((app) =>
        app.stateChangeUrl !== undefined && isAuthorized(world, app, tenant.contextIdentifier)
      );
    },
    push(app, tenant, type) {
      const { clientId, name, stateChangeUrl: url } = app;
      if (url === undefined) {
        throw new Error(`Cannot push state change to ${name}: it has no state-change URL`);
      }
      const message = stateChangeOf(world, app, tenant, type);
      const { contextIdentifier } = tenant;
      const begun = { at: world.now(), clientId, contextIdentifier, type, url };
      const waiting: PushRecord = { ...begun, status: null, error: null };
      records = [...records.slice(-999), waiting];
      const sending = post(world, url, message).then((outcome) => {
        const done = { ...begun, ...outcome };
        records = records.map((record) => record === waiting ? done : record);
        underWay.delete(sending);
        return done;
      });
      underWay.add(sending);
      return sending;
    },
    records: () => records,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

type Outcome = Pick<PushRecord, "status" | "error">;

/** Follows no redirect and reads no body. */
async function post(world: World, url: string, message: unknown): Promise<Outcome> {
  const late = new AbortController();
  const limit = world.behaviour.stateChangeTimeoutMs;
  const timer = setTimeout(() => late.abort(), limit);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(message),
      redirect: "manual",
      signal: AbortSignal.any([late.signal, world.closing]),
    });
    await response.body?.cancel();
    return { status: response.status, error: null };
  } catch (error) {
    if (late.signal.aborted) return { status: null, error: `No answer in ${limit} ms` };
    if (world.closing.aborted) return { status: null, error: "The simulator was closed" };
    return { status: null, error: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** What lies under "fetch failed", where there is something. */
function reasonOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {};
  return cause instanceof Error ? cause.message : "Not sent";
}
