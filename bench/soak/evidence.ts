/**
 * What the evidence says after a soak: the ledger by its own commands, run as processes, the log of the
 * Cloud KMS stand-in, and every ticket that callers were given against the ledger's entries.
 */

import type { ContextId } from "../../src/domain/context_id.ts";
import { runTask } from "../../tests/support/processes.ts";
import type { SoakWorld } from "./world.ts";

export interface Evidence {
  readonly entries: number;
  /** Signatures in both records. */
  readonly matched: number;
  /** What must not be, one sentence each. */
  readonly wrongs: readonly string[];
}

/** @param given SHA-256 of every ticket that was handed out, with its tenant */
export async function examine(
  world: SoakWorld,
  given: ReadonlyMap<string, ContextId>,
): Promise<Evidence> {
  const wrongs: string[] = [];
  const verify = await runTask("cli", { env: world.env, args: ["ledger", "verify"] });
  if (verify.code !== 0) {
    wrongs.push(
      `ledger verify ends with ${verify.code}: ${lastLine(verify.stderr)}`,
    );
  }
  const matched = await reconcile(world, wrongs);
  const exported = await runTask("cli", { env: world.env, args: ["ledger", "export"] });
  const entries = exported.stdout.split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const issued = new Map(
    entries.filter(({ kind, result }) => kind === "exchange" && result === "issued")
      .map((entry) => [entry.ticket_sha256, entry.context_identifier]),
  );
  for (const [digest, tenant] of given) {
    if (issued.get(digest) === tenant) continue;
    wrongs.push(`${tenant} was given a ticket that the ledger does not have as its own`);
  }
  return { entries: entries.length, matched, wrongs };
}

async function reconcile(world: SoakWorld, wrongs: string[]): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-soak-" });
  try {
    const file = `${folder}/audit.jsonl`;
    const lines = world.kms.auditEntries().map((entry) => `${JSON.stringify(entry)}\n`);
    await Deno.writeTextFile(file, lines.join(""));
    const options = ["--cloud-audit-logs", file, "--settling-minutes", "0", "--json"];
    const { code, stdout, stderr } = await runTask("cli", {
      env: world.env,
      args: ["ledger", "reconcile", ...options],
    });
    if (code !== 0) wrongs.push(`ledger reconcile ends with ${code}: ${lastLine(stderr)}`);
    if (code > 1) return 0;
    const counts = JSON.parse(stdout).counts as Readonly<Record<string, number>>;
    const { matched = 0, unexplained = 0, indeterminate = 0 } = counts;
    if (unexplained > 0) wrongs.push(`${unexplained} signatures are unexplained`);
    const made = world.kms.signatures();
    if (matched + indeterminate < made) {
      wrongs.push(`of ${made} signatures the ledger explains ${matched + indeterminate}`);
    }
    return matched;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
