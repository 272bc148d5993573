/** The levers of tokens: mint any of them, right or bent; rotate the key that signs them. */
import { type Body, text, type Verbs } from "../../control/verbs.ts";
import type { TokenBend } from "../behaviour.ts";
import { generateLoginKey } from "../login_key.ts";
import {
  type StateChange,
  stateChangeOf,
  type StateChangeType,
  stateChangeTypes,
} from "../state_change.ts";
import { mintToken } from "../tokens.ts";
import { administratorOf, findPerson, requireTenant, type World } from "../world.ts";
import { ctx } from "./of_tenant.ts";

export interface TokenLevers {
  /** A new login key signs; with `overlap` the older ones stay published. */
  rotateLoginKey(options?: { readonly overlap?: boolean }): Promise<void>;
  mintIdToken(options: MintIdToken): string;
  mintExchangeToken(options: MintExchangeToken): string;
  mintLegacyToken(options: MintIdToken): string;
  /** The JSON SuperOffice would POST to the app when a tenant changes. */
  mintStateChange(options: { readonly ctx: string; readonly type: StateChangeType }): StateChange;
}

/** What is not given is as a right token has it. */
export interface MintIdToken extends TokenBend {
  readonly ctx: string;
  readonly nonce?: string;
  readonly username?: string;
  /** The code to hash into `c_hash`. */
  readonly code?: string;
}

export interface MintExchangeToken extends TokenBend {
  readonly ctx: string;
  readonly ticket?: string;
}

export function tokenLevers(world: World): TokenLevers {
  const mint = (kind: "id_token" | "legacy", options: MintIdToken) => {
    const { ctx, nonce, username, code, ...bend } = options;
    const person = username === undefined ? administratorOf(world) : findPerson(world, username);
    if (!person) throw new Error(`Cannot mint token for ${username}: unknown`);
    return mintToken(world, kind, { tenant: requireTenant(world, ctx), person, nonce, code }, bend);
  };
  return {
    async rotateLoginKey({ overlap = true } = {}) {
      const older = overlap ? world.state.loginKeys : [];
      world.state.loginKeys = [await generateLoginKey(), ...older];
      world.changed();
    },
    mintIdToken: (options) => mint("id_token", options),
    mintLegacyToken: (options) => mint("legacy", options),
    mintExchangeToken({ ctx, ticket, ...bend }) {
      const tenant = requireTenant(world, ctx);
      return mintToken(world, "exchange", { tenant, person: administratorOf(world), ticket }, bend);
    },
    mintStateChange: ({ ctx, type }) => stateChangeOf(world, requireTenant(world, ctx), type),
  };
}

const mintable = [ctx, "nonce?", "username?", "code?", "ticket?", "…members of a bend"];

export function tokenVerbs(levers: TokenLevers): Verbs {
  return {
    rotate_login_key: {
      takes: ["overlap?"],
      call: (body) => levers.rotateLoginKey({ overlap: body.overlap !== false }),
    },
    mint_id_token: {
      takes: mintable,
      call: (body) => ({ token: levers.mintIdToken(bendable(body)) }),
    },
    mint_exchange_token: {
      takes: mintable,
      call: (body) => ({ token: levers.mintExchangeToken(bendable(body)) }),
    },
    mint_legacy_token: {
      takes: mintable,
      call: (body) => ({ token: levers.mintLegacyToken(bendable(body)) }),
    },
    mint_state_change: {
      takes: [ctx, `type: ${Object.keys(stateChangeTypes).join(" | ")}`],
      call: (body) => {
        const type = text(body, "type") as StateChangeType;
        return levers.mintStateChange({ ctx: text(body, ctx), type });
      },
    },
  };
}

/** `context_identifier` to `ctx`; the members of a bend as they are. */
function bendable({ context_identifier: tenant, ...rest }: Body): MintIdToken & MintExchangeToken {
  if (typeof tenant !== "string") throw new Error(`Cannot mint token: ${ctx} is missing`);
  return { ...rest, ctx: tenant };
}
