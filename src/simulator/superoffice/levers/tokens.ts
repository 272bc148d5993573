/** The levers of tokens: mint any of them, right or bent; rotate the key that signs them. */
import { type Body, flag, text, type Verbs } from "../../control/verbs.ts";
import type { TokenBend } from "../behaviour.ts";
import { generateLoginKey } from "../login_key.ts";
import {
  type StateChange,
  stateChangeOf,
  type StateChangeType,
  stateChangeTypes,
} from "../state_change.ts";
import { requireBend } from "../switch_kinds.ts";
import { mintToken } from "../tokens.ts";
import { administratorOf, findPerson, requireApp, requireTenant, type World } from "../world.ts";
import { clientIdOf } from "./of_app.ts";
import { ctx } from "./of_tenant.ts";

export interface TokenLevers {
  /** A new login key signs. With `overlap` the older ones stay published; absent: as the switch says. */
  rotateLoginKey(options?: { readonly overlap?: boolean }): Promise<void>;
  mintIdToken(options: MintIdToken): string;
  mintExchangeToken(options: MintExchangeToken): string;
  mintLegacyToken(options: MintIdToken): string;
  /** The JSON SuperOffice would POST to the app when a tenant changes. */
  mintStateChange(
    options: { readonly ctx: string; readonly type: StateChangeType; readonly clientId?: string },
  ): StateChange;
}

/** What is not given is as a right token has it. */
export interface MintIdToken extends TokenBend {
  readonly ctx: string;
  /** Absent: the first app. */
  readonly clientId?: string;
  readonly nonce?: string;
  readonly username?: string;
  /** The code to hash into `c_hash`. */
  readonly code?: string;
}

export interface MintExchangeToken extends TokenBend {
  readonly ctx: string;
  readonly clientId?: string;
  readonly ticket?: string;
}

export function tokenLevers(world: World): TokenLevers {
  const mint = (kind: "id_token" | "legacy", options: MintIdToken) => {
    const { ctx, clientId, nonce, username, code, ...bend } = options;
    requireBend(bend);
    const app = requireApp(world, clientId);
    const person = username === undefined ? administratorOf(world) : findPerson(world, username);
    if (!person) throw new Error(`Cannot mint token for ${username}: unknown`);
    const subject = { app, tenant: requireTenant(world, ctx), person, nonce, code };
    return mintToken(world, kind, subject, bend);
  };
  return {
    async rotateLoginKey({ overlap = world.behaviour.jwksOverlap } = {}) {
      const older = overlap ? world.state.loginKeys : [];
      world.state.loginKeys = [await generateLoginKey(), ...older];
      world.changed();
    },
    mintIdToken: (options) => mint("id_token", options),
    mintLegacyToken: (options) => mint("legacy", options),
    mintExchangeToken({ ctx, clientId, ticket, ...bend }) {
      requireBend(bend);
      const app = requireApp(world, clientId);
      const tenant = requireTenant(world, ctx);
      const subject = { app, tenant, person: administratorOf(world), ticket };
      return mintToken(world, "exchange", subject, bend);
    },
    mintStateChange: ({ ctx, type, clientId }) =>
      stateChangeOf(world, requireApp(world, clientId), requireTenant(world, ctx), type),
  };
}

const bendMembers = "…members of a bend";
const personal = [ctx, "client_id?", "nonce?", "username?", "code?", bendMembers];

export function tokenVerbs(levers: TokenLevers): Verbs {
  return {
    rotate_login_key: {
      takes: ["overlap?"],
      call: (body) =>
        levers.rotateLoginKey("overlap" in body ? { overlap: flag(body, "overlap") } : {}),
    },
    mint_id_token: {
      takes: personal,
      call: (body) => ({ token: levers.mintIdToken(bendable(body)) }),
    },
    mint_exchange_token: {
      takes: [ctx, "client_id?", "ticket?", bendMembers],
      call: (body) => ({ token: levers.mintExchangeToken(bendable(body)) }),
    },
    mint_legacy_token: {
      takes: personal,
      call: (body) => ({ token: levers.mintLegacyToken(bendable(body)) }),
    },
    mint_state_change: {
      takes: [ctx, "client_id?", `type: ${Object.keys(stateChangeTypes).join(" | ")}`],
      call: (body) => {
        const type = text(body, "type") as StateChangeType;
        const clientId = clientIdOf(body);
        const app = clientId === undefined ? {} : { clientId };
        return levers.mintStateChange({ ctx: text(body, ctx), type, ...app });
      },
    },
  };
}

/** `context_identifier` to `ctx`, `client_id` to `clientId`; the members of a bend as they are. */
function bendable(body: Body): MintIdToken & MintExchangeToken {
  const { context_identifier: tenant, client_id: _, ...rest } = body;
  if (typeof tenant !== "string") throw new Error(`Cannot mint token: ${ctx} is missing`);
  const clientId = clientIdOf(body);
  return { ...rest, ctx: tenant, ...(clientId === undefined ? {} : { clientId }) };
}
