/**
 * `ledger reconcile`: the ledger against Cloud Audit Logs. With an export of both, no configuration is
 * read at all. Of a ledger that does not verify nothing is compared, and of a log that cannot be read to
 * its end nothing is told: half of the evidence would look like all of it.
 */

import { type Command, InvalidArgumentError } from "commander";
import { type Bad, badText } from "./files.ts";
import { withLedger } from "./ledger.ts";
import { collect } from "./options.ts";
import {
  createLedgerReader,
  exportedLedger,
  type LedgerSource,
  storedLedger,
} from "./reconcile_ledger.ts";
import { printReport } from "./reconcile_report.ts";
import { type Live, readLive, readLogFile, readText } from "./reconcile_sources.ts";
import { type AuditLogReading, createAuditLog } from "../domain/audit_log.ts";
import { type Checkpoint, openCheckpoint, parseVerifierKey } from "../domain/checkpoint.ts";
import { type Instant, instantAt, millisOf, parseInstant } from "../domain/instant.ts";
import { isKeyVersionName } from "../domain/key_version.ts";
import { LATEST_MS } from "../domain/matching.ts";
import { reconcile, type ReconciliationSummary, summaryOf } from "../domain/reconciliation.ts";
import { requireConfig } from "../main.ts";
import { print } from "../print.ts";
import { systemClock } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";

interface ReconcileOptions {
  readonly cloudAuditLogs?: readonly string[];
  readonly live?: true;
  readonly project?: readonly string[];
  readonly loggingEndpoint?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly file?: string;
  readonly checkpoint?: string;
  readonly key?: string;
  readonly keyVersion?: readonly string[];
  readonly settlingMinutes: number;
  readonly canaryMinutes?: number;
  readonly json?: true;
}

/** Keeps what was found, for those who look at the configured ledger. */
export type Remember = (summary: ReconciliationSummary) => Promise<void>;

/** Describes the command. @param remember told of what was found in the configured store only */
export function addReconcile(
  ledger: Command,
  done: (code: number) => void,
  remember: Remember = async () => {},
): void {
  ledger.command("reconcile")
    .description("compare every signature in Cloud Audit Logs with the ledger")
    .option("--cloud-audit-logs <file>", "an export, - for standard input; repeatable", collect)
    .option("--live", "ask Cloud Logging, with Google's credentials")
    .option("--project <id>", "whose logs to ask for; default: the keys' projects", collect)
    .option("--logging-endpoint <url>", "another origin than Google's that answers entries.list")
    .option(
      "--from <time>",
      "tell of what is not before: RFC 3339, or a day (UTC); default: the log's first entry",
      instant,
    )
    .option("--to <time>", "tell of what is before: RFC 3339, or a whole day (UTC)", endOf)
    .option("--file <path>", "an export of the ledger, instead of the configured store")
    .option("--checkpoint <path>", "a signed checkpoint that the ledger must match; needs --key")
    .option("--key <key>", "the log's verifier key, name+hash+base64")
    .option("--key-version <name>", "the app's too, if the ledger never names it", keyVersion)
    .option("--settling-minutes <count>", "how late an entry of the cloud's may come", minutes, 15)
    .option(
      "--canary-minutes <count>",
      "the service's CANARY_MINUTES; default: as configured",
      period,
    )
    .option("--json", "for machines")
    .action(async (options) => done(await reconcileLedger(options, remember)));
}

/** @returns 0 if every signature is explained, 1 if not, or if the ledger does not verify */
async function reconcileLedger(options: ReconcileOptions, remember: Remember): Promise<number> {
  const { cloudAuditLogs: files = [], live, from = null, to = null, file } = options;
  if (files.length === 0 && live === undefined) {
    throw new UsageFault("Cannot reconcile: give --cloud-audit-logs or --live");
  }
  if (from !== null && to !== null && from >= to) {
    throw new UsageFault("Cannot reconcile: --from is not before --to");
  }
  const checkpoint = await readCheckpoint(options);
  if (checkpoint === "bad") {
    const why = "the checkpoint is malformed or not signed by this key";
    return sayBad({ index: null, why }, options);
  }
  if (file !== undefined) {
    return await run(options, {
      source: exportedLedger(file, checkpoint),
      remember: async () => {},
    });
  }
  const canaryMs = requireConfig().canaryMs;
  return await withLedger(async (ledger) =>
    await run(options, { source: storedLedger(ledger, checkpoint), canaryMs, remember })
  );
}

interface Surroundings {
  readonly source: LedgerSource;
  /** What is configured. */
  readonly canaryMs?: number | null;
  readonly remember: Remember;
}

async function run(
  options: ReconcileOptions,
  { source, canaryMs = null, remember }: Surroundings,
): Promise<number> {
  const { to = null, settlingMinutes, canaryMinutes, keyVersion: named = [] } = options;
  const settlingMs = settlingMinutes * 60_000;
  const reader = createLedgerReader(source);
  const before = await reader.read();
  if (!before.ok) return sayBad(before, options);

  const log = createAuditLog();
  for (const path of options.cloudAuditLogs ?? []) await readLogFile(log, path);
  const now = systemClock.now();
  const extent = options.live === undefined ? null : extentOf(options, now, settlingMs);
  if (extent !== null) {
    const live: Live = { ...extent, until: instantAt(millisOf(extent.until) + settlingMs) };
    await readLive(log, live, [...reader.keyVersions(), ...named], options);
  }

  const ledger = await reader.read();
  if (!ledger.ok) return sayBad(ledger, options);
  const reading = log.reading();
  const from = options.from ?? firstOf(reading, to);
  const result = reconcile({
    intents: ledger.intents,
    ledgerUntil: source.isLiving ? null : ledger.last,
    log: reading,
    logExtent: extent,
    keyVersions: named,
    canaryMs: canaryMinutes === undefined ? canaryMs : canaryMinutes * 60_000,
    from,
    to,
    now,
    settlingMs,
  });
  printReport({
    result,
    ledger: { size: ledger.size, last: ledger.last, beyond: reader.beyond() },
    isLiving: source.isLiving,
    isSigned: source.isLiving || options.checkpoint !== undefined,
    isFromLog: from !== null && options.from === undefined,
    older: ledger.intents.filter(({ at }) => from !== null && at < from).length,
    log: reading,
  }, options);
  await remember(summaryOf(result)).catch(() => {
    print.error("The store did not keep this result: the console goes on to show an older one.");
  });
  return result.unexplained.length > 0 ? 1 : 0;
}

/**
 * Where the log given begins, as far as it says so itself: an intent before is not held against it.
 * @returns null, so that everything is, for a log with nothing that lies in the window
 */
function firstOf({ first }: AuditLogReading, to: Instant | null): Instant | null {
  return first !== null && to !== null && first >= to ? null : first;
}

/** What the log is asked for, beyond the window by the time that an entry may differ from its intent. */
function extentOf({ from, to }: ReconcileOptions, now: number, settlingMs: number) {
  const reachMs = Math.max(settlingMs, LATEST_MS);
  const end = to === undefined ? now : Math.min(now, millisOf(to) + reachMs);
  const begin = from === undefined ? null : instantAt(millisOf(from) - reachMs);
  return { from: begin, until: instantAt(end) };
}

async function readCheckpoint(
  { checkpoint, key }: ReconcileOptions,
): Promise<Checkpoint | "bad" | null> {
  const parsed = key === undefined ? null : parseVerifierKey(key);
  if (key !== undefined && parsed === null) {
    throw new UsageFault("Cannot use --key: it is no Ed25519 verifier key (name+hash+base64)");
  }
  if (checkpoint === undefined) return null;
  if (parsed === null) {
    throw new UsageFault("Cannot use --checkpoint: give the log's key with --key");
  }
  const note = await readText(checkpoint);
  return note === null ? "bad" : openCheckpoint(note, parsed) ?? "bad";
}

/** As `ledger verify` says it. */
function sayBad({ index, why }: Bad, { json }: ReconcileOptions): number {
  print.line(json ? JSON.stringify({ ok: false, index, why }) : badText({ index, why }));
  print.error("The ledger does not verify. Nothing was compared.");
  return 1;
}

function keyVersion(text: string, known: string[] | undefined): string[] {
  if (!isKeyVersionName(text)) {
    throw new InvalidArgumentError("Not projects/…/cryptoKeyVersions/N.");
  }
  return collect(text, known);
}

/** 0 is for tests, a week for a sink that is behind. */
function minutes(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 7 * 24 * 60) return Number(text);
  throw new InvalidArgumentError("Not a whole number of minutes, at most a week.");
}

/** As the configuration has it. */
function period(text: string): number {
  const count = minutes(text);
  if (count > 0) return count;
  throw new InvalidArgumentError("Not a whole number of minutes, at least 1.");
}

function instant(text: string): Instant {
  const read = parseInstant(isDay(text) ? `${text}T00:00:00Z` : text);
  if (read !== null) return read;
  throw new InvalidArgumentError("Neither 2026-11-22T09:00:00Z nor 2026-11-22.");
}

/** A day ends when the next begins. */
function endOf(text: string): Instant {
  const begin = instant(text);
  return isDay(text) ? instantAt(millisOf(begin) + 24 * 60 * 60 * 1000) : begin;
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}
