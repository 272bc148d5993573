/**
 * Reading of stored notices. A bad one is told apart instead of failing the whole: it is set aside by
 * its id, or it would keep the others from ever being delivered.
 */

import type { BuriedNotice, TakenNotice } from "../../usecases/notice_ports.ts";
import { PartFault } from "../../domain/part_fault.ts";
import { readOrNull, readText, readWhole, type Row } from "./records.ts";
import { noticePlace, type Sealing } from "./sealing.ts";

/** Why an unreadable notice is buried. */
export const UNREADABLE = "unreadable";

/** Buried notices beyond so many are forgotten, the oldest first. */
export const MAX_BURIED = 10_000;

/** What was taken: the notices, and the ids of those that nobody can read. */
export interface Taken {
  readonly notices: readonly TakenNotice[];
  readonly unreadable: readonly string[];
}

export async function readTaken(rows: readonly Row[], sealing: Sealing): Promise<Taken> {
  const read = await Promise.all(rows.map((row) => readNotice(row, sealing)));
  return {
    notices: read.filter((notice) => notice !== null),
    unreadable: rows.filter((_, place) => read[place] === null).map(({ id }) => readText(id)),
  };
}

/** Those that can be read, in the order of the rows. */
export async function readBuried(
  rows: readonly Row[],
  sealing: Sealing,
): Promise<readonly BuriedNotice[]> {
  const read = await Promise.all(rows.map(async (row) => {
    const notice = await readNotice(row, sealing);
    if (notice === null) return null;
    return readOrNull(() => ({
      ...notice,
      buriedAt: readWhole(row.buried_at),
      error: readText(row.error),
    }));
  }));
  return read.filter((notice) => notice !== null);
}

/** @returns null for what nobody can read, or what was not sealed by us */
async function readNotice(row: Row, sealing: Sealing): Promise<TakenNotice | null> {
  const plain = readOrNull(() => ({
    id: readText(row.id),
    at: readWhole(row.at),
    attempts: readWhole(row.attempts),
    body: readText(row.body),
  }));
  if (plain === null) return null;
  try {
    return { ...plain, body: await sealing.open(noticePlace(plain.id), plain.body) };
  } catch (error) {
    if (error instanceof PartFault) return null;
    throw error;
  }
}
