/**
 * Import jobs: each an RSA key to wrap with, pending until its time, active for three days, and then
 * expired for ever. The private half never leaves this process.
 */
import type { ImportJobState, ImportMethod, ProtectionLevel } from "./enums.ts";
import { type AsymmetricMaterial, type MakeRsa, makeRsa } from "./key_material.ts";
import { KmsError } from "./kms_error.ts";
import { addTo, requireIn, within } from "./key_rings.ts";
import { requireResourceName, type ResourceName } from "./resource_name.ts";

export interface ImportJobOptions {
  readonly method: ImportMethod;
  readonly protectionLevel: ProtectionLevel;
}

export interface ImportJob extends ImportJobOptions {
  readonly resource: ResourceName;
  readonly state: ImportJobState;
  readonly wrapping: AsymmetricMaterial;
  readonly createTime: string;
  readonly generateTime: string;
  readonly expireTime: string;
}

export interface ImportJobs {
  /**
   * @param pendingMs how long it will be PENDING_GENERATION
   * @returns the job as its creator sees it: always pending
   * @throws KmsError ALREADY_EXISTS
   */
  add(ring: string, id: string, options: ImportJobOptions, pendingMs: number): Promise<ImportJob>;
  /** @throws KmsError NOT_FOUND */
  require(name: string): ImportJob;
  /** Those of a ring, by name. */
  list(ring: string): readonly ImportJob[];
  /** Ends a job before its time. @throws if there is no such job: a mistake of whoever drives the stand-in */
  expire(name: string): void;
}

/**
 * @param now milliseconds since the epoch
 * @param makeJobKey makes the key of a job
 */
export function createImportJobs(
  now: () => number,
  makeJobKey: MakeRsa = makeRsa,
): ImportJobs {
  const jobs = new Map<string, ImportJob>();
  const seen = (job: ImportJob): ImportJob => ({ ...job, state: stateOf(job, now()) });
  return {
    async add(ring, id, options, pendingMs) {
      const resource = requireResourceName(`${ring}/importJobs/${id}`);
      const at = now();
      const wrapping = await makeJobKey(options.method.includes("_4096_") ? 4096 : 3072);
      const job: ImportJob = {
        ...options,
        resource,
        wrapping,
        state: "PENDING_GENERATION",
        createTime: new Date(at).toISOString(),
        generateTime: new Date(at + pendingMs).toISOString(),
        expireTime: new Date(at + THREE_DAYS).toISOString(),
      };
      return addTo(jobs, job, "ImportJob");
    },
    require: (name) => seen(requireIn(jobs, name, "ImportJob")),
    list: (ring) => within(jobs, ring).map(seen),
    expire(name) {
      const job = jobs.get(name);
      if (!job) throw new Error(`Cannot expire ${name}: no such import job`);
      jobs.set(name, { ...job, expireTime: new Date(now()).toISOString() });
    },
  };
}

/** @throws KmsError FAILED_PRECONDITION unless the job may be used */
export function requireActive({ resource, state }: ImportJob): void {
  if (state === "ACTIVE") return;
  throw new KmsError(
    "FAILED_PRECONDITION",
    `${resource.name} is not active, current state is: ${state}.`,
  );
}

const THREE_DAYS = 3 * 24 * 3600 * 1000;

function stateOf({ generateTime, expireTime }: ImportJob, at: number): ImportJobState {
  if (at >= Date.parse(expireTime)) return "EXPIRED";
  return at < Date.parse(generateTime) ? "PENDING_GENERATION" : "ACTIVE";
}
