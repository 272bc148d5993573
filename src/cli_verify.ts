/**
 * `ledger verify`: the log from the configured store, an export, a folder of tiles, or a running
 * service; or one receipt. With files and a key no configuration is read at all: an auditor needs
 * nothing of ours but this program.
 */

import { createTileFolder } from "./adapters/tiles/folder.ts";
import { createTileService } from "./adapters/tiles/service.ts";
import { configuredKey, withLedger } from "./cli_ledger.ts";
import { parseVerifierKey, type VerifierKey } from "./domain/checkpoint.ts";
import type { LedgerVerdict } from "./domain/ledger_verification.ts";
import { PartFault } from "./domain/part_fault.ts";
import { verifyReceipt } from "./domain/receipt.ts";
import { Secret } from "./domain/secret.ts";
import { parseSecureUrl } from "./domain/secure_url.ts";
import { TILE_WIDTH } from "./domain/tiles.ts";
import { print } from "./print.ts";
import { systemClock } from "./system.ts";
import { shelfSize, shelfSource } from "./usecases/archive.ts";
import type { TileShelf } from "./usecases/ports.ts";
import { type LogSource, verifyLog } from "./usecases/verification.ts";
import { UsageFault } from "./usage_fault.ts";

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
  const { verdict, isSigned } = await judge(options);
  say(verdict, options, isSigned);
  return verdict.ok ? 0 : 1;
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
}

async function judge(options: VerifyOptions): Promise<Judged> {
  if (options.receipt !== undefined) {
    const text = readText(options.receipt);
    return { verdict: verifyReceipt(text, await keyOf(options)), isSigned: true };
  }
  if (options.file !== undefined) return await judgeFile(options.file, options);
  if (options.service !== undefined) {
    if (options.key === undefined) {
      throw new UsageFault("Cannot verify a service by its own word: give its key with --key");
    }
    const service = await openService(options.service);
    return await judgeShelf(service, options).catch((error: unknown) => {
      if (error instanceof PartFault) throw new UsageFault(UNREAD[error.reason] ?? UNREAD.network);
      throw error;
    });
  }
  if (options.tiles !== undefined) {
    return await judgeShelf(createTileFolder(options.tiles), options);
  }
  return await judgeStore(options);
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
  return await withLedger(async ({ store, audit, checkpoints }) => {
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
    const verdict = await verifyLog(source, { checkpoint: note, isLiving: true, kept, key })
      .catch((error: unknown): LedgerVerdict => {
        if (!(error instanceof PartFault) || error.reason !== "unreadable") throw error;
        return { ok: false, index: null, why: "the store's own records are not whole" };
      });
    return { verdict, isSigned: true };
  });
}

/** Four tiles' worth at a time. */
async function* inPages(
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
  const parsed = parseVerifierKey(key ?? await configuredKey());
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

function say(verdict: LedgerVerdict, { json, receipt }: VerifyOptions, isSigned: boolean): void {
  if (json) {
    print.line(JSON.stringify(
      verdict.ok
        ? { ok: true, size: verdict.size, root_hash: verdict.rootHash, checkpoint: isSigned }
        : { ok: false, index: verdict.index, why: verdict.why },
    ));
  } else if (verdict.ok) {
    const what = receipt === undefined ? "entries" : "entries, each in the log";
    print.line(`OK: ${verdict.size} ${what}, root hash ${verdict.rootHash}`);
    if (!isSigned) print.error("No checkpoint was given: nobody vouches that these are all.");
  } else {
    const place = verdict.index === null ? "" : `entry ${verdict.index}: `;
    print.line(`BAD: ${place}${verdict.why}`);
  }
}

function readText(path: string): string {
  return decode(readBytes(path));
}

function readBytes(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch {
    throw new UsageFault(`Cannot read ${path}: no such file, or not readable`);
  }
}

/**
 * Line by line: a file may be longer than any text can be, and one bad byte spoils its own line only. A
 * newline ends the last line; without it the last line may be cut, and says so itself.
 */
function* linesOf(bytes: Uint8Array): Generator<string> {
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(0x0a, at);
    const end = newline < 0 ? bytes.length : newline;
    yield decode(bytes.subarray(at, end));
    at = end + 1;
  }
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @returns the text as it is, a mark at its beginning included; a replacement character if it is none */
function decode(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    return "\ufffd";
  }
}
