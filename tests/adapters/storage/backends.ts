/**
 * The storage backends that every contract suite runs over: SQLite in memory, SQLite in a file, and
 * Upstash's protocol in front of a real Redis. Each `open` gives stores that know nothing yet.
 */

import { createSealing, type Sealing } from "../../../src/adapters/storage/sealing.ts";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import type { Stores } from "../../../src/adapters/storage/stores.ts";
import { createUpstash } from "../../../src/adapters/storage/upstash.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { startRedis } from "../../support/redis_server.ts";
import { requires } from "../../support/requirement.ts";
import { type Bridge, startBridge } from "../../support/upstash_bridge.ts";

export interface Backend {
  readonly name: string;
  readonly ignore: boolean;
  /** Runs work with a maker of fresh stores, then removes everything. */
  use(work: (open: () => Stores) => Promise<void>): Promise<void>;
}

export const BACKENDS: readonly Backend[] = [
  {
    name: "SQLite in memory",
    ignore: false,
    use: (work) => work(() => openSqlite({ path: ":memory:", sealing: SEALING, owner: OWNER })),
  },
  {
    name: "SQLite in a file",
    ignore: false,
    use: (work) =>
      withFolder((folder) =>
        work(() =>
          openSqlite({
            path: `${folder}/${crypto.randomUUID()}.sqlite`,
            sealing: SEALING,
            owner: OWNER,
          })
        )
      ),
  },
  {
    name: "Upstash",
    ...requires("redis-server"),
    use: (work) => withBridge((bridge) => work(() => openUpstash(bridge))),
  },
];

/** Whose stores they are, in every test that is not about owners. */
export const OWNER = "owner";

export const SEALING: Sealing = createSealing([{ id: "k1", key: new Uint8Array(32).fill(7) }]);

/** Runs work with an empty folder. */
export async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-storage-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs work with a bridge in front of a Redis of its own. */
export async function withBridge(
  work: (bridge: Bridge) => Promise<void>,
  options: { readonly knowsKeyLocking?: boolean } = {},
): Promise<void> {
  const server = await startRedis();
  try {
    const bridge = startBridge({ socket: server.socket, ...options });
    try {
      await work(bridge);
    } finally {
      await bridge.close();
    }
  } finally {
    await server.stop();
  }
}

/** Stores on a bridge; under a prefix of their own unless one is given. */
export function openUpstash(
  bridge: Pick<Bridge, "url" | "token">,
  options: {
    readonly prefix?: string;
    readonly owner?: string;
    readonly timeoutMs?: number;
    readonly sealing?: Sealing;
    readonly token?: string;
    readonly keyLocking?: boolean;
  } = {},
): Stores {
  return createUpstash({
    url: bridge.url,
    token: new Secret(options.token ?? bridge.token),
    sealing: options.sealing ?? SEALING,
    timeoutMs: options.timeoutMs ?? 20_000,
    prefix: options.prefix ?? `test-${crypto.randomUUID()}`,
    owner: options.owner ?? OWNER,
    keyLocking: options.keyLocking ?? true,
  });
}
