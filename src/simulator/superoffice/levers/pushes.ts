/** The levers of state-change pushes: send one, and see what became of those that were sent. */
import { text, type Verbs } from "../../control/verbs.ts";
import type { Pushes, PushRecord } from "../pushes.ts";
import { type StateChangeType, stateChangeTypes } from "../state_change.ts";
import { requireApp, requireTenant, type World } from "../world.ts";
import { clientId, clientIdOf } from "./of_app.ts";
import { ctx } from "./of_tenant.ts";

export interface PushLevers {
  /**
   * Tells an app (by default the first) that a tenant changed, whether or not it did. Resolves with what
   * became of it. Throws when the app has no state-change URL.
   */
  pushStateChange(options: PushStateChange): Promise<PushRecord>;
  /** What was pushed, oldest first. */
  pushes(): readonly PushRecord[];
  /** Resolves when no push is under way: the levers of tenants do not wait for theirs. */
  settled(): Promise<void>;
}

export interface PushStateChange {
  readonly ctx: string;
  readonly type: StateChangeType;
  readonly clientId?: string | undefined;
}

export function pushLevers(world: World, pushes: Pushes): PushLevers {
  return {
    pushStateChange({ ctx, type, clientId }) {
      return pushes.push(requireApp(world, clientId), requireTenant(world, ctx), type);
    },
    pushes: () => pushes.records(),
    settled: () => pushes.settled(),
  };
}

export function pushVerbs(levers: PushLevers): Verbs {
  return {
    push_state_change: {
      takes: [ctx, `type: ${Object.keys(stateChangeTypes).join(" | ")}`, `${clientId}?`],
      call: async (body) => {
        const type = text(body, "type") as StateChangeType;
        const app = clientIdOf(body);
        return shown(await levers.pushStateChange({ ctx: text(body, ctx), type, clientId: app }));
      },
    },
    pushes: { takes: [], reads: true, call: () => levers.pushes().map(shown) },
  };
}

function shown({ clientId, contextIdentifier, ...rest }: PushRecord): Record<string, unknown> {
  return { client_id: clientId, context_identifier: contextIdentifier, ...rest };
}
