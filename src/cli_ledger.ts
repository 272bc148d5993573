/**
 * Commands of the ledger. Against the configured store, or, for an auditor who has nothing but an
 * export, against files: then no configuration is read at all.
 */

import { createThreadHost } from "./adapters/signing/kms_host.ts";
import { createJsonLog } from "./adapters/logging/json_lines.ts";
import { missingKeyFile, openAudit, readLedgerKey } from "./parts.ts";
import { hasStore, openStores } from "./parts_stores.ts";
import type { Config } from "./config.ts";
import {
  type Checkpoint,
  openCheckpoint,
  parseVerifierKey,
  type VerifierKey,
} from "./domain/checkpoint.ts";
import type { Caller } from "./domain/caller.ts";
import { createLedgerWalk, type LedgerVerdict } from "./domain/ledger_verification.ts";
import { requireConfig } from "./main.ts";
import { print } from "./print.ts";
import type { Audit } from "./usecases/audit.ts";
import { UsageFault } from "./usage_fault.ts";

/** Whoever runs this on the machine has the store and the key anyway. */
const OPERATOR: Caller = {
  id: "operator",
  tenants: new Set(["*"]),
  permissions: new Set(["ledger"]),
};

/** Does something with the configured ledger and lets go of it. */
async function withAudit<T>(deed: (audit: Audit) => Promise<T>): Promise<T> {
  const config = requireConfig();
  // Reading must not make what it reads: an auditor's folder stays as it was.
  if (!hasStore(config)) throw new UsageFault("Cannot read the ledger: no store under DATA_DIR");
  const missing = missingKeyFile(config);
  if (missing !== null) {
    throw new UsageFault(`Cannot read the ledger: no ${missing} under DATA_DIR`);
  }
  const stores = await openStores(config);
  try {
    const log = createJsonLog({ level: "error" });
    return await deed(
      await openAudit(config, publicUrlOf(config), stores, log, createThreadHost()),
    );
  } finally {
    stores.close();
  }
}

function publicUrlOf(config: Config): URL {
  return config.publicUrl ?? new URL(`http://localhost:${config.port}`);
}

/** Prints the verifier key. */
export async function printKey(): Promise<number> {
  const config = requireConfig();
  const key = await readLedgerKey(config, publicUrlOf(config), createThreadHost());
  if (key === null) throw new UsageFault("Cannot read the ledger key: none under DATA_DIR yet");
  print.line(key);
  return 0;
}

/** Prints a signed checkpoint. */
export async function printCheckpoint(): Promise<number> {
  return await withAudit(async (audit) => {
    const outcome = await audit.checkpoint(OPERATOR);
    if (!outcome.ok) {
      throw new UsageFault("Cannot sign a checkpoint: store or ledger key does not answer");
    }
    print.line(outcome.value.note.trimEnd());
    return 0;
  });
}

/** Prints the entries after an index. */
export async function exportLedger(options: { readonly after?: number }): Promise<number> {
  return await withAudit(async (audit) => {
    for await (const leaf of audit.leaves(options.after ?? -1)) print.line(leaf);
    return 0;
  });
}

export interface VerifyOptions {
  readonly file?: string;
  readonly checkpoint?: string;
  readonly key?: string;
  readonly json?: true;
}

/** Verifies a ledger. @returns 0 if it is right, 1 if not */
export async function verifyLedger(options: VerifyOptions): Promise<number> {
  const key = options.key === undefined ? null : parseVerifierKey(options.key);
  if (options.key !== undefined && key === null) {
    throw new UsageFault("Cannot use --key: it is no Ed25519 verifier key (name+hash+base64)");
  }
  const note = options.checkpoint === undefined ? null : readText(options.checkpoint);
  const verdict = options.file === undefined
    ? await withAudit((audit) => verifyStore(audit, note, key))
    : verifyText(readText(options.file), note, key ?? await ownKey(note));
  say(verdict, options.json ?? false, note !== null || options.file === undefined);
  return verdict.ok ? 0 : 1;
}

function say(verdict: LedgerVerdict, json: boolean, isSigned: boolean): void {
  if (json) {
    print.line(JSON.stringify(
      verdict.ok
        ? { ok: true, size: verdict.size, root_hash: verdict.rootHash, checkpoint: isSigned }
        : { ok: false, index: verdict.index, why: verdict.why },
    ));
  } else if (verdict.ok) {
    print.line(`OK: ${verdict.size} entries, root hash ${verdict.rootHash}`);
    if (!isSigned) print.error("No checkpoint was given: nobody vouches that these are all.");
  } else {
    const place = verdict.index === null ? "" : `entry ${verdict.index}: `;
    print.line(`BAD: ${place}${verdict.why}`);
  }
}

/** The configured log's key: only asked for when a checkpoint has to be checked without `--key`. */
async function ownKey(note: string | null): Promise<VerifierKey | null> {
  if (note === null) return null;
  const config = requireConfig();
  const text = await readLedgerKey(config, publicUrlOf(config), createThreadHost());
  if (text === null) {
    throw new UsageFault("Cannot check the signature: no --key, and no ledger key under DATA_DIR");
  }
  return parseVerifierKey(text);
}

const unsigned: LedgerVerdict = {
  ok: false,
  index: null,
  why: "the checkpoint is malformed or not signed by this key",
};

function verifyText(text: string, note: string | null, key: VerifierKey | null): LedgerVerdict {
  const checkpoint = note === null || key === null ? null : openCheckpoint(note, key);
  if (note !== null && checkpoint === null) return unsigned;
  const lines = text.split("\n");
  // A newline ends the last line; without it the last line may be cut, and says so itself.
  if (lines.at(-1) === "") lines.pop();
  return walk(lines, checkpoint);
}

function walk(leaves: Iterable<string>, checkpoint: Checkpoint | null): LedgerVerdict {
  const steps = createLedgerWalk();
  for (const leaf of leaves) steps.next(leaf);
  return steps.finish(checkpoint);
}

/** The store against a checkpoint of now, and against an older one that somebody kept. */
async function verifyStore(
  audit: Audit,
  note: string | null,
  key: VerifierKey | null,
): Promise<LedgerVerdict> {
  const verdict = await audit.verify();
  if (!verdict.ok || note === null) return verdict;
  const own = await audit.key(OPERATOR);
  const trusted = key ?? (own.ok ? parseVerifierKey(own.value) : null);
  const older = trusted === null ? null : openCheckpoint(note, trusted);
  if (older === null) return unsigned;
  const steps = createLedgerWalk();
  let seen = 0;
  for await (const leaf of audit.leaves(-1)) {
    if (seen++ === older.size) break;
    steps.next(leaf);
  }
  const kept = steps.finish(older);
  return kept.ok ? verdict : kept;
}

function readText(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError) return "\ufffd";
    throw new UsageFault(`Cannot read ${path}: no such file, or not readable`);
  }
}
