/** Checks of the ledger: that it continues what was signed, by this key, and that it is whole. */

import { inPages } from "./verify.ts";
import { CHECK_MS, type Ward } from "./doctor_ward.ts";
import { parseVerifierKey, readUnverified } from "../domain/checkpoint.ts";
import { PartFault } from "../domain/part_fault.ts";
import { type Check, type Finding, ok, problem } from "../usecases/doctor.ts";
import { verifyLog } from "../usecases/verification.ts";

/** Above it only `ledger verify` recomputes every hash: that takes minutes. */
const RECOMPUTED = 20_000;

export function ledgerChecks(ward: Ward): Check[] {
  return [
    { name: "ledger_key", deadlineMs: 2 * CHECK_MS, run: () => checkKey(ward) },
    { name: "ledger", deadlineMs: 12 * CHECK_MS, run: () => checkLedger(ward) },
  ];
}

async function checkKey({ ledger }: Ward): Promise<Finding> {
  const { store, origin, checkpoints } = await ledger();
  const key = await checkpoints.key();
  const note = await store.note("checkpoint");
  if (note === null) return ok(`the log ${origin} has no checkpoint yet`);
  const name = readUnverified(note)?.origin ?? null;
  if (name !== origin) {
    return problem(
      `the log is called ${origin} here, and ${
        name ?? "nothing that can be read"
      } in its checkpoint`,
      "Set LEDGER_ORIGIN, or PUBLIC_URL, to what it was",
    );
  }
  const { last } = await checkpoints.status();
  if (last === null) {
    return problem(
      "the last checkpoint was not signed by this key",
      "Look at LEDGER_KEY or LEDGER_KMS_KEY_VERSION: auditors know the log by the old key",
    );
  }
  return ok(`the last checkpoint is by ${key}`);
}

async function checkLedger({ ledger }: Ward): Promise<Finding> {
  const { store, audit, checkpoints } = await ledger();
  try {
    const { size, last, isContinued } = await checkpoints.status();
    if (!isContinued) {
      return problem("the stored log does not continue its last checkpoint", REMEDY);
    }
    if (size === 0) return ok("the log is empty");
    const signed = last === null ? 0 : last.checkpoint.size;
    const says = `${size} entries, ${signed} of them under the last checkpoint`;
    if (size > RECOMPUTED) return ok(`${says}; cli ledger verify recomputes every hash`);
    const verdict = await verifyLog(
      {
        entries: () => inPages(audit.leaves(-1)),
        tiles: (tiles) => store.tiles(tiles),
      },
      {
        checkpoint: last?.note ?? null,
        isLiving: true,
        kept: [],
        key: parseVerifierKey(await checkpoints.key()),
      },
    );
    if (verdict.ok) return ok(`${says}, every hash right`);
    const where = verdict.index === null ? "" : `entry ${verdict.index}: `;
    return problem(`the log is not whole: ${where}${verdict.why}`, REMEDY);
  } catch (error) {
    if (!(error instanceof PartFault)) throw error;
    if (error.reason === "archived") {
      return problem("old entries were archived", "LEDGER_ARCHIVE must name their folder");
    }
    if (error.reason !== "unreadable" && error.reason !== "inconsistent") throw error;
    return problem("the store's own records of the log are not whole", REMEDY);
  }
}

const REMEDY = "Stop the service, keep the store as it is, and run cli ledger verify";
