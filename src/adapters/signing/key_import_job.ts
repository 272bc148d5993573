/**
 * The import job of a ceremony: found or made, waited for, and checked before anything is wrapped for
 * it. A job lives three days, so a name of our own choosing has the day in it.
 */

import { createPublicKey, type KeyObject } from "node:crypto";
import { KeyImportFault } from "./key_import_fault.ts";
import { IMPORT_METHOD, type KmsAdmin } from "./kms_admin.ts";
import type { HeldImportJob } from "./kms_admin_answers.ts";
import type { LeastProtection } from "./kms_checks.ts";
import type { Waiting } from "./key_import_waiting.ts";

export interface ImportJobOptions {
  readonly keyRing: string;
  readonly protectionLevel: LeastProtection;
  /** Null: one of our own naming. */
  readonly id: string | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @returns the name that we would give it; the n-th, if those before it can no longer be used */
export function importJobId({ protectionLevel, now }: ImportJobOptions, nth = 1): string {
  const day = new Date(now).toISOString().slice(0, 10);
  return `box-office-${day}-${protectionLevel.toLowerCase()}${nth === 1 ? "" : `-${nth}`}`;
}

/** @returns the job to use: what is there of it, or null if it has to be made */
export async function findImportJob(
  admin: KmsAdmin,
  options: ImportJobOptions,
): Promise<{ readonly id: string; readonly job: HeldImportJob | null }> {
  const { keyRing, id } = options;
  if (id !== null) {
    const job = await admin.importJob(`${keyRing}/importJobs/${id}`);
    if (job !== null) requireFit(job, options);
    return { id, job };
  }
  for (let nth = 1;; nth++) {
    const ours = importJobId(options, nth);
    const job = await admin.importJob(`${keyRing}/importJobs/${ours}`);
    if (job === null || isFit(job, options)) return { id: ours, job };
    // Who answers so often with a job that is of no use would do so for ever.
    if (nth === MOST_JOBS) requireFit(job, options);
  }
}

const MOST_JOBS = 20;

/** Waits until the job is ACTIVE. @returns its wrapping key @throws KeyImportFault */
export async function wrappingKeyOf(
  admin: KmsAdmin,
  name: string,
  options: ImportJobOptions,
  waiting: Waiting,
): Promise<KeyObject> {
  for (;;) {
    const job = await admin.importJob(name);
    if (job !== null && job.name === name) {
      requireFit(job, options);
      const key = job.state === "ACTIVE" ? keyIn(job) : null;
      if (key !== null) return key;
    }
    if (!await waiting.pause()) {
      throw new KeyImportFault("job_pending", `import job ${name} is not ready yet`);
    }
  }
}

const STATES: readonly string[] = ["PENDING_GENERATION", "ACTIVE"];

function isFit(job: HeldImportJob, { protectionLevel }: ImportJobOptions): boolean {
  return STATES.includes(job.state) && job.importMethod === IMPORT_METHOD &&
    job.protectionLevel === protectionLevel;
}

function requireFit(job: HeldImportJob, options: ImportJobOptions): void {
  if (isFit(job, options)) return;
  if (!STATES.includes(job.state)) {
    throw new KeyImportFault("job_not_active", `import job ${job.name} is ${job.state}`);
  }
  const what = `import job ${job.name} is for ${job.importMethod} and ${job.protectionLevel}`;
  throw new KeyImportFault("job_unfit", what);
}

/** @returns null if it is not what the method says: wrapping for it would be for nothing, or nobody */
function keyIn({ pem }: HeldImportJob): KeyObject | null {
  try {
    const key = createPublicKey(pem ?? "");
    return key.asymmetricKeyDetails?.modulusLength === 3072 ? key : null;
  } catch {
    return null;
  }
}
