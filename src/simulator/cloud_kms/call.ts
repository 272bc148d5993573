/**
 * One call on its way through the stand-in: what was asked, and what there is to answer from.
 */
import type { Json } from "./answer.ts";
import type { EnumWriter } from "./enums.ts";
import type { IamPolicies } from "./iam_policies.ts";
import type { ImportJobs } from "./import_jobs.ts";
import type { KeyRings } from "./key_rings.ts";
import type { KeyVersions } from "./key_versions.ts";
import type { ResourceName } from "./resource_name.ts";

/** Everything that the stand-in holds. */
export interface World {
  readonly keyRings: KeyRings;
  readonly keyVersions: KeyVersions;
  readonly importJobs: ImportJobs;
  readonly iamPolicies: IamPolicies;
  /** How long things take; whoever drives the stand-in may change it. */
  readonly timing: Timing;
  /** Told of every signature that a key has made. */
  readonly signed: () => void;
}

export interface Timing {
  /** How long import jobs, imports and new versions stay pending after the answer that says so. */
  pendingMs: number;
  /** How long a version stays usable after a caller has disabled it. */
  disablingMs: number;
}

export interface Call {
  /** What the path names: the parent, for methods that create or list. */
  readonly resource: ResourceName;
  readonly headers: Headers;
  readonly query: URLSearchParams;
  /** Null for methods without one. */
  readonly body: unknown;
  readonly write: EnumWriter;
}

/** Does what a method does. @throws KmsError to refuse */
export type Act = (world: World, call: Call) => Json | Promise<Json>;
