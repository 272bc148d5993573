/** Checks of an Upstash database: TLS, eviction, quota, and that what is written can be read. */

import {
  createUpstashInspection,
  type Inspected,
  type InspectionError,
  type UpstashInspection,
} from "../adapters/storage/upstash_inspection.ts";
import { CHECK_MS, type Ward } from "./doctor_ward.ts";
import { isPlainLoopback } from "../domain/secure_url.ts";
import { ownerOf } from "../parts_stores.ts";
import { type Check, type Finding, ok, problem, warning } from "../usecases/doctor.ts";
import type { Clock } from "../usecases/ports.ts";

/** Nothing to check where the store is a file. */
export function upstashChecks({ config, clock }: Ward): Check[] {
  const { store } = config;
  if (store.kind !== "upstash") return [];
  const { url, token } = store;
  const checkOf = (
    name: string,
    run: (inspection: UpstashInspection, signal: AbortSignal) => Promise<Finding>,
  ): Check => ({
    name,
    deadlineMs: CHECK_MS,
    run: async (signal) => {
      const prefix = `box-office.${await ownerOf(config)}`;
      return await run(createUpstashInspection({ url, token, prefix }), signal);
    },
  });
  return [
    checkOf("upstash_tls", (inspection, signal) => checkTls(inspection, url, signal)),
    checkOf("upstash_eviction", checkEviction),
    checkOf("upstash_quota", checkQuota),
    checkOf("upstash_reads", (inspection, signal) => checkReads(inspection, clock, signal)),
  ];
}

async function checkTls(
  inspection: UpstashInspection,
  url: URL,
  signal: AbortSignal,
): Promise<Finding> {
  const answer = await inspection.ping(signal);
  if (!answer.ok) return faultOf(answer.error);
  return isPlainLoopback(url)
    ? ok("no TLS, as it is on this machine")
    : ok("the connection is TLS, and its certificate is trusted");
}

async function checkEviction(inspection: UpstashInspection, signal: AbortSignal): Promise<Finding> {
  const answer = await inspection.info(signal);
  if (!answer.ok) {
    return answer.error === "not_permitted" || answer.error === "command"
      ? warning("the database does not say whether it evicts", "Look at Eviction in its console")
      : faultOf(answer.error);
  }
  const policy = answer.value.get("maxmemory_policy");
  const evicted = answer.value.get("evicted_keys");
  const remedy = "Turn eviction off: tenants and ledger are kept there, too";
  if (policy !== undefined && policy !== "noeviction") {
    return problem("the database evicts what it has no room for", remedy);
  }
  if (evicted !== undefined && evicted !== "0") {
    return problem(`the database has evicted ${Number(evicted) || "some"} keys`, remedy);
  }
  if (policy === undefined && evicted === undefined) {
    return warning(
      "the database does not say whether it evicts",
      "Look at Eviction in its console",
    );
  }
  return ok(policy === undefined ? "nothing was evicted so far" : "the database evicts nothing");
}

/** Of what there is room for. */
const NEARLY_FULL = 0.8;

async function checkQuota(inspection: UpstashInspection, signal: AbortSignal): Promise<Finding> {
  const written = await inspection.write("doctor", signal);
  if (!written.ok) return faultOf(written.error);
  const info = await inspection.info(signal);
  const sizeOf = (name: string) => info.ok ? Number(info.value.get(name) ?? NaN) : NaN;
  const used = sizeOf("used_memory") / sizeOf("maxmemory");
  // Without a limit the quotient is no number, or infinite.
  if (Number.isFinite(used) && used > NEARLY_FULL) {
    return warning(
      `the database is ${Math.round(100 * used)} % full`,
      "Make room: full, it takes no more entries of the ledger, and nothing is signed",
    );
  }
  return ok("the database takes writes");
}

/** A replica that is further behind gives out tickets that are over. */
const LAG_MS = 3000;

async function checkReads(
  inspection: UpstashInspection,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding> {
  const text = crypto.randomUUID();
  const written = await inspection.write(text, signal);
  if (!written.ok) return faultOf(written.error);
  const begun = clock.now();
  for (let looks = 0;; looks++) {
    const found: Inspected<string | null> = await inspection.read(written.value, signal);
    if (!found.ok) return faultOf(found.error);
    const lagMs = clock.now() - begun;
    if (found.value === text) {
      return looks === 0
        ? ok("what is written can be read at once")
        : warning(`a replica is ${lagMs} ms behind`, "Choose the service's region to read from");
    }
    if (lagMs > LAG_MS) {
      return problem(
        `what was written ${lagMs} ms ago cannot be read yet`,
        "Look at the state of the database's replicas",
      );
    }
    await clock.sleep(100, signal);
  }
}

function faultOf(error: InspectionError): Finding {
  return problem(...FAULTS[error]);
}

const FAULTS: Readonly<Record<InspectionError, readonly [text: string, remedy: string]>> = {
  certificate: [
    "the database's certificate is not trusted",
    "Look at UPSTASH_REDIS_REST_URL, and for a proxy that opens TLS",
  ],
  network: ["the database cannot be reached", "Look at UPSTASH_REDIS_REST_URL and the way there"],
  timeout: ["the database does not answer in time", "Look at the way there, and at its state"],
  protocol: ["what answers is not Upstash", "Look at UPSTASH_REDIS_REST_URL"],
  auth: ["the database does not know the token", "Look at UPSTASH_REDIS_REST_TOKEN"],
  not_permitted: [
    "the token may not do what the service does",
    "Give it the commands and the keys of docs/storage.md; a read-only token will not do",
  ],
  quota: [
    "the database takes no more: its quota is used up",
    "Raise the plan or the budget: nothing is signed until then",
  ],
  command: ["the database refuses a plain command", "Look at UPSTASH_REDIS_REST_URL"],
};
