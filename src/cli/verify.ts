/**
 * `ledger verify`: the log from the configured store, an export, a folder of tiles, or a running
 * service; or one receipt. With files and a key no configuration is read at all: an auditor needs
 * nothing of ours but this program.
 */

import { createTileFolder } from "../adapters/tiles/folder.ts";
import { createTileService } from "../adapters/tiles/service.ts";
import { badText, linesOf, readBytes, readText, textIn } from "./files.ts";
import { configuredKey, type OpenedLedger, withLedger } from "./ledger.ts";
import { parseVerifierKey, readUnverified, type VerifierKey } from "../domain/checkpoint.ts";
import type { LedgerVerdict } from "../domain/ledger_verification.ts";
import { isUnreadable, PartFault } from "../domain/part_fault.ts";
import { type Receipt, verifyReceipt } from "../domain/receipt.ts";
import { Secret } from "../domain/secret.ts";
import { parseSecureUrl } from "../domain/secure_url.ts";
import { bundlePath, TILE_WIDTH } from "../domain/tiles.ts";
import { print } from "../print.ts";
import { systemClock } from "../system.ts";
import { shelfSize, shelfSource } from "../usecases/archive.ts";
import type { TileShelf } from "../usecases/ports.ts";
import { type LogSource, verifyLog } from "../usecases/verification.ts";
import { UsageFault } from "../usage_fault.ts";

export interface VerifyOptions {
  readonly file?: string;
  readonly tiles?: string;
  readonly service?: string;
  readonly receipt?: string;
  readonly checkpoint?: string;
  readonly kept?: readonly string[];
  readonly key?: string;
  readonly json?: true;
}

/** Milliseconds for one answer of a service. */
const ANSWER_MS = 30_000;

/** Verifies a ledger. @returns 0 if it is right, 1 if not */
export async function verifyLedger(options: VerifyOptions): Promise<number> {
  const sources = [options.file, options.service, options.receipt].filter((it) => it !== undefined);
  if (sources.length > 1) throw new UsageFault("Cannot verify: choose one of the sources");
  if (options.key !== undefined) await keyOf(options);
  refuseUnused(options);
  const judged = await judge(options);
  say(judged, options);
  return judged.verdict.ok ? 0 : 1;
}

/** Whoever gave a checkpoint or a folder thinks that it was looked at. */
function refuseUnused(options: VerifyOptions): void {
  const { file, tiles, service, receipt, checkpoint, kept } = options;
  const refuse = (unused: string, source: string): never => {
    throw new UsageFault(`Cannot verify: ${unused} says nothing about ${source}`);
  };
  if (receipt !== undefined && checkpoint !== undefined) refuse("--checkpoint", "a receipt");
  if (receipt !== undefined && kept !== undefined) refuse("--kept", "a receipt");
  if (receipt !== undefined && tiles !== undefined) refuse("--tiles", "a receipt");
  if (service !== undefined && tiles !== undefined) refuse("--tiles", "a service");
  if (file !== undefined && tiles !== undefined && checkpoint === undefined) {
    throw new UsageFault("Cannot verify: tiles count only with the --checkpoint that covers them");
  }
}

/** What a service that could not be read is to the one who asked it. */
const UNREAD: Readonly<Record<string, string>> & { readonly network: string } = {
  auth: "Cannot read the service: the credential is not one of its, or may not read the ledger",
  timeout: "Cannot read the service: it does not answer in time",
  status: "Cannot read the service: it says that it cannot answer now",
  too_large: "Cannot read the service: an answer is larger than any tile",
  network: "Cannot read the service: it cannot be reached",
};

/** A verdict, and whether a checkpoint stands behind it. */
interface Judged {
  readonly verdict: LedgerVerdict;
  readonly isSigned: boolean;
  /** What was counted, if not the log's entries. */
  readonly what?: string;
}

async function judge(options: VerifyOptions): Promise<Judged> {
  if (options.receipt !== undefined) {
    return judgeReceipt(readText(options.receipt), await keyOf(options));
  }
  if (options.file !== undefined) return await judgeFile(options.file, options);
  if (options.service !== undefined) {
    if (options.key === undefined) {
      throw new UsageFault("Cannot verify a service by its own word: give its key with --key");
    }
    const service = await openService(options.service);
    try {
      await requireBeginning(service);
      return await judgeShelf(service, options);
    } catch (error) {
      if (error instanceof PartFault) throw new UsageFault(UNREAD[error.reason] ?? UNREAD.network);
      throw error;
    }
  }
  if (options.tiles !== undefined) {
    return await judgeShelf(createTileFolder(options.tiles), options);
  }
  return await judgeStore(options);
}

/** A service without its archive has the end of the log only: that is no sign of anything. */
async function requireBeginning(service: Pick<TileShelf, "read">): Promise<void> {
  const note = await service.read("checkpoint");
  const size = note === null ? 0 : readUnverified(new TextDecoder().decode(note))?.size ?? 0;
  if (size === 0) return;
  if (await service.read(bundlePath(0, Math.min(size, TILE_WIDTH))) !== null) return;
  throw new UsageFault(
    "Cannot verify the service: it does not have the first entries any more. They were archived, and " +
      "it was not given the folder (LEDGER_ARCHIVE); verify that with --tiles",
  );
}

function judgeReceipt(text: string, key: VerifierKey): Judged {
  const verdict = verifyReceipt(text, key);
  if (!verdict.ok) return { verdict, isSigned: true };
  const { context_identifier, checkpoint } = JSON.parse(text) as Receipt;
  const what = `entries of ${context_identifier}, each in the log of ${shelfSize(checkpoint, key)}`;
  return { verdict, isSigned: true, what };
}

/** An export, with tiles beside it if there are any. */
async function judgeFile(file: string, options: VerifyOptions): Promise<Judged> {
  const bytes = readBytes(file);
  const shelf = options.tiles === undefined ? null : createTileFolder(options.tiles);
  const note = options.checkpoint === undefined ? null : readText(options.checkpoint);
  const kept = (options.kept ?? []).map(readText);
  const key = note === null && kept.length === 0 ? null : await keyOf(options);
  const size = note === null || key === null ? null : shelfSize(note, key);
  const source: LogSource = {
    entries: () => inPages(linesOf(bytes)),
    tiles: shelf === null || size === null ? null : shelfSource(shelf, size).tiles,
  };
  const verdict = await verifyLog(source, { checkpoint: note, isLiving: false, kept, key });
  return { verdict, isSigned: note !== null };
}

/** A folder, or a service: its own checkpoint, unless one is given. */
async function judgeShelf(
  shelf: Pick<TileShelf, "read">,
  options: VerifyOptions,
): Promise<Judged> {
  const own = options.checkpoint === undefined ? await shelf.read("checkpoint") : null;
  if (options.checkpoint === undefined && own === null) {
    throw new UsageFault("Cannot verify: there is no checkpoint; give one with --checkpoint");
  }
  const note = own === null ? readText(options.checkpoint!) : new TextDecoder().decode(own);
  const key = await keyOf(options);
  const source = shelfSource(shelf, shelfSize(note, key) ?? 0);
  const kept = (options.kept ?? []).map(readText);
  const verdict = await verifyLog(source, { checkpoint: note, isLiving: false, kept, key });
  return { verdict, isSigned: true };
}

/** The configured store against a checkpoint of now, and against those that somebody kept. */
async function judgeStore(options: VerifyOptions): Promise<Judged> {
  const { checkpoint, kept: files = [] } = options;
  const kept = (checkpoint === undefined ? files : [checkpoint, ...files]).map(readText);
  return await withLedger(async (ledger) => await judgeLedger(ledger, kept, options))
    .catch((error: unknown): Judged => {
      if (!isUnreadable(error)) throw error;
      const why = "the store's own records are not whole";
      return { verdict: { ok: false, index: null, why }, isSigned: true };
    });
}

async function judgeLedger(
  { store, audit, checkpoints }: OpenedLedger,
  kept: readonly string[],
  options: VerifyOptions,
): Promise<Judged> {
  const status = await checkpoints.status();
  if (!status.isContinued) {
    const why = "the stored log does not continue its last checkpoint";
    return { verdict: { ok: false, index: null, why }, isSigned: true };
  }
  const { note } = await checkpoints.current();
  const key = options.key === undefined
    ? parseVerifierKey(await checkpoints.key())
    : await keyOf(options);
  const source: LogSource = {
    entries: () => inPages(audit.leaves(-1)),
    tiles: (tiles) => store.tiles(tiles),
  };
  const verdict = await verifyLog(source, { checkpoint: note, isLiving: true, kept, key });
  return { verdict, isSigned: true };
}

/** Four tiles' worth at a time. */
export async function* inPages(
  leaves: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<readonly string[]> {
  let page: string[] = [];
  for await (const leaf of leaves) {
    if (page.push(leaf) < 4 * TILE_WIDTH) continue;
    yield page;
    page = [];
  }
  yield page;
}

async function keyOf({ key }: VerifyOptions): Promise<VerifierKey> {
  const text = key ?? await configuredKey();
  const parsed = parseVerifierKey(text) ?? parseVerifierKey(textIn(text) ?? "");
  if (parsed !== null) return parsed;
  throw new UsageFault("Cannot use --key: it is no Ed25519 verifier key (name+hash+base64)");
}

async function openService(text: string): Promise<Pick<TileShelf, "read">> {
  const url = parseSecureUrl(text);
  if (url === null) {
    throw new UsageFault("Cannot use --service: it is neither https nor http on this machine");
  }
  if (Deno.stdin.isTerminal()) print.error("A credential with the permission ledger, then Ctrl-D:");
  const given = (await new Response(Deno.stdin.readable).text()).trim();
  const credential = given.replace(/^bearer\s+/i, "");
  return createTileService({
    address: new URL("/v1/ledger/", url),
    credential: credential === "" ? null : new Secret(credential),
    timeoutMs: ANSWER_MS,
    sleep: (ms) => systemClock.sleep(ms),
  });
}

function say(
  { verdict, isSigned, what = "entries" }: Judged,
  { json, kept = [] }: VerifyOptions,
): void {
  if (json) {
    print.line(JSON.stringify(
      verdict.ok
        ? { ok: true, size: verdict.size, root_hash: verdict.rootHash, checkpoint: isSigned }
        : { ok: false, index: verdict.index, why: verdict.why },
    ));
  } else if (verdict.ok) {
    print.line(`OK: ${verdict.size} ${what}, root hash ${verdict.rootHash}`);
    if (kept.length > 0) print.error(`It continues ${kept.join(", ")}.`);
    if (!isSigned) print.error("No checkpoint was given: nobody vouches that these are all.");
  } else {
    print.line(badText(verdict));
  }
}
