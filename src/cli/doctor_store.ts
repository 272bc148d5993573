/** Checks of the store: that it answers, who may read its files, and that what is sealed in it opens. */

import { upstashChecks } from "./doctor_upstash.ts";
import { CHECK_MS, type Ward } from "./doctor_ward.ts";
import { PartFault } from "../domain/part_fault.ts";
import type { TenantCard } from "../domain/tenant.ts";
import { type Check, type Finding, ok, problem, warning } from "../usecases/doctor.ts";
import type { TenantStore } from "../usecases/ports.ts";

export function storeChecks(ward: Ward): Check[] {
  return [
    { name: "store", deadlineMs: CHECK_MS, run: () => checkStore(ward) },
    ...upstashChecks(ward),
    { name: "files", deadlineMs: CHECK_MS, run: () => Promise.resolve(checkFiles(ward)) },
    // Counting reads everything once.
    { name: "sealing_keys", deadlineMs: 30 * CHECK_MS, run: () => checkSealingKeys(ward) },
    { name: "tokens", deadlineMs: CHECK_MS, run: () => checkTokens(ward) },
    { name: "notices", deadlineMs: CHECK_MS, run: () => checkNotices(ward) },
  ];
}

async function checkStore({ config, stores }: Ward): Promise<Finding> {
  const { probe } = await stores();
  await probe.check();
  return ok(config.store.kind === "sqlite" ? "the SQLite file answers" : "Upstash Redis answers");
}

const OWN_FILES = [
  "sealing.key",
  "ledger.key",
  "signing_key.pem",
  "box-office.sqlite",
  "box-office.sqlite-wal",
];

/** Modes mean nothing on Windows, and what is not there is nobody's to read. */
function checkFiles({ config: { dataDir, signing } }: Ward): Finding {
  const modeOf = (path: string): number => {
    try {
      return Deno.statSync(path).mode ?? 0;
    } catch {
      return 0;
    }
  };
  const open = OWN_FILES.filter((name) => (modeOf(`${dataDir}/${name}`) & 0o077) !== 0);
  if (open.length > 0) {
    return problem(`other users may read ${open.join(", ")} under DATA_DIR`, "chmod 600 them");
  }
  if ((modeOf(dataDir) & 0o022) !== 0) {
    return problem("other users may put files under DATA_DIR", "chmod 700 the folder");
  }
  const paths = Object.entries(signing.kind === "file" ? signing.paths : {});
  const read = paths.filter(([, path]) => (modeOf(path) & 0o077) !== 0).map(([name]) => name);
  if (read.length > 0) {
    return problem(`other users may read the key file of ${read.join(", ")}`, "chmod 600 it");
  }
  return ok(
    paths.length === 0
      ? "files under DATA_DIR are this user's alone"
      : "key files and files under DATA_DIR are this user's alone",
  );
}

async function checkSealingKeys({ stores }: Ward): Promise<Finding> {
  const { resealing } = await stores();
  const counts = await resealing.count();
  const of = (test: (keyId: string | null) => boolean) => counts.filter((it) => test(it.keyId));
  const textOf = (found: typeof counts) =>
    found.map(({ kind, keyId, count }) =>
      `${count} × ${kind.replaceAll("_", " ")} under ${keyId ?? "no key that is named"}`
    ).join(", ");
  const lost = of((keyId) => keyId === null || !resealing.keyIds.includes(keyId));
  if (lost.length > 0) {
    return problem(
      `nothing of SEALING_KEYS opens ${textOf(lost)}`,
      "List that key again; if it is lost, tenants whose token is under it must consent anew",
    );
  }
  const older = of((keyId) => keyId !== resealing.keyIds[0]);
  if (older.length > 0) {
    return warning(`not under the first sealing key: ${textOf(older)}`, "Run cli store reseal");
  }
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  return ok(`all ${all} sealed values are under ${resealing.keyIds[0]}`);
}

/** So many tenants' tokens are opened of the oldest, and of the newest. */
const SAMPLE = 20;

/** Two keys of one name look the same until something is opened. */
async function checkTokens({ stores }: Ward): Promise<Finding> {
  const { tenants } = await stores();
  const oldest = await tenants.list(0, SAMPLE);
  const newest = oldest.length < SAMPLE ? [] : await newestOf(tenants, oldest.at(-1)!.sequence);
  const cards = [...oldest, ...newest];
  const opened = await Promise.all(
    cards.map(({ contextIdentifier }) =>
      tenants.get(contextIdentifier).then(() => true, (error: unknown) => {
        if (error instanceof PartFault && error.reason === "unreadable") return false;
        throw error;
      })
    ),
  );
  const shut = cards.filter((_, at) => !opened[at]).map((card) => card.contextIdentifier);
  if (shut.length > 0) {
    return problem(
      `the tokens of ${shut.join(", ")} do not open`,
      "Is it the right key behind that name? Else those tenants must consent anew",
    );
  }
  return ok(cards.length === 0 ? "no tenant yet" : `${cards.length} tokens looked at, all open`);
}

/**
 * The last ones in the order of consent. That order has gaps where tenants were removed, and can be read
 * from any place on: so its end is looked for by halves.
 *
 * @param known a sequence that is there; only later ones count
 */
async function newestOf(tenants: TenantStore, known: number): Promise<readonly TenantCard[]> {
  const isBeyond = async (place: number) => (await tenants.list(place, 1)).length === 0;
  let step = SAMPLE;
  while (!await isBeyond(known + step)) step *= 2;
  let [low, high] = [known - 1, known + step];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await isBeyond(middle)) high = middle;
    else low = middle;
  }
  for (let span = SAMPLE;; span *= 2) {
    const from = Math.max(known, high - span);
    const found: TenantCard[] = [];
    while (true) {
      const page = await tenants.list(found.at(-1)?.sequence ?? from, PAGE);
      found.push(...page);
      if (page.length < PAGE) break;
    }
    if (found.length >= SAMPLE || from === known) return found.slice(-SAMPLE);
  }
}

const PAGE = 200;

async function checkNotices({ stores }: Ward): Promise<Finding> {
  const { waiting, buried } = await (await stores()).notices.count();
  if (buried > 0) {
    return warning(
      `${buried} messages to the webhook were given up`,
      "cli webhook list says why; then resend or discard them",
    );
  }
  return ok(`${waiting} messages to the webhook wait, none was given up`);
}
