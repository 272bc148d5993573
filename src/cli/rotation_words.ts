/** What the rotation's commands say. Knows no store and asks nobody. */

import { tableLines } from "./table.ts";
import type { CredentialKind, CredentialRecord } from "../domain/credential_record.ts";
import { shown } from "../domain/shown_text.ts";

/** Where one credential stands. */
export interface Side {
  readonly kind: CredentialKind;
  readonly variables: ConfiguredNames["variables"];
  readonly first: string;
  readonly standby: string | null;
  /** Null: nothing was seen to work yet, or nothing stands by and nobody notes it. */
  readonly inUse: string | null;
  readonly since: number | null;
  readonly worked: Readonly<Record<string, number>>;
  /** What the instances were seen to use lately, if it is none of these. */
  readonly elsewhere: string | null;
  /** What is changed in the portal counts there and then: nothing waits to be published. */
  readonly isAtOnce: boolean;
}

/** The first, then what stands by; and the variables that name them. */
export interface ConfiguredNames {
  readonly names: readonly string[];
  readonly variables: readonly [string, string];
}

const TITLES = { key: "signing key", secret: "client secret" } as const;

export function sideOf(
  kind: CredentialKind,
  { names: [first = "", standby], variables }: ConfiguredNames,
  record: CredentialRecord | null,
  { elsewhere, isAtOnce }: Pick<Side, "elsewhere" | "isAtOnce">,
): Side {
  const use = record?.[kind];
  // One of an earlier rotation, which nobody has any more, says nothing of these.
  const isSeen = use !== undefined && use.since > 0 && [first, standby].includes(use.inUse);
  return {
    kind,
    variables,
    first,
    standby: standby ?? null,
    inUse: isSeen ? use.inUse : null,
    since: isSeen ? use.since : null,
    worked: use?.worked ?? {},
    elsewhere,
    isAtOnce,
  };
}

/** What is configured and what is known of it, then what to do next. */
export function planLines(side: Side): string[] {
  const { kind, first, standby, inUse, since, worked } = side;
  const [variable, standbyVariable] = side.variables;
  const row = (name: string, where: string) => [
    `  ${where}`,
    name,
    inUse === name && since !== null ? `in use since ${timeOf(since)}` : "",
    worked[name] === undefined ? "never seen to work" : `last worked ${timeOf(worked[name])}`,
  ];
  const rows = [row(first, variable)];
  if (standby !== null) rows.push(row(standby, standbyVariable));
  const facts = standby === null ? [`  ${variable}  ${first}`] : tableLines(rows);
  const steps = stepsOf(side).map((step, at) => `  ${at + 1}. ${step}`);
  return [TITLES[kind], ...facts, ...steps, ...insteadOf(side).map((line) => `  ${line}`), ""];
}

/** What is no step of the way: numbered it would be done by whoever goes by the list. */
function insteadOf({ kind, variables, first, standby, inUse, worked, elsewhere }: Side): string[] {
  if (standby === null || elsewhere !== null) return [];
  const flag = kind === "secret" ? " --secret" : "";
  if (inUse !== null && inUse !== first) {
    return [
      `To go back instead: the old one in the portal again, then cli key rotate switch${flag} --back.`,
    ];
  }
  const once = worked[standby] === undefined
    ? ""
    : `, once cli key rotate finish${flag} --back ends with code 0`;
  return [`Not going on with it? Unset ${variables[1]} on every instance${once}.`];
}

function stepsOf(side: Side): string[] {
  const { kind, first, standby, inUse, elsewhere } = side;
  const [variable, standbyVariable] = side.variables;
  if (elsewhere !== null) {
    return [
      `The instances use ${
        shown(elsewhere)
      }, which is not in ${variable} or ${standbyVariable}: give this command their environment, or them the right one, then plan again.`,
    ];
  }
  if (standby === null) {
    return [
      ...firstSteps(side),
      `Set ${standbyVariable} on every instance, restart them, then plan again.`,
    ];
  }
  const flag = kind === "secret" ? " --secret" : "";
  if (inUse === null || inUse === first) {
    return [
      "cli key rotate warm, so that tickets in use are good for hours.",
      ...(standbyVariable === "KMS_STANDBY_KEY_VERSION"
        ? [
          "cli doctor, which must find standby_key ok: nothing else looks at it before it is needed.",
        ]
        : []),
      "Look that every instance has both: one that has the old one alone is refused after the next step, and has tenants consent again.",
      portalLine(side, standby),
      `cli key rotate switch${flag}, again and again until it ends with code 0: the standby is taken.`,
    ];
  }
  return [
    `cli key rotate finish${flag}, again and again until it ends with code 0: the old one can go.`,
    `Set ${variable} to what is in use, unset ${standbyVariable}, and restart every instance.`,
  ];
}

/** How a new one comes to be. */
function firstSteps({ kind, variables, isAtOnce }: Side): string[] {
  const what = kind === "key" ? "a key pair" : "a client secret";
  const isFile = variables[0] === "SIGNING_KEY_FILE";
  const get = kind === "secret" ? "" : isFile ? ", and put it into a file" : ", and import it";
  if (!isAtOnce) {
    return [`To change it: make ${what} in the Developer Portal, publish nothing yet${get}.`];
  }
  return [
    "To change it: cli key rotate warm first. On SOD a new one ends the old one at once.",
    `Make ${what} in the Developer Portal${get}; until step 3 is done nothing new is exchanged.`,
  ];
}

/** What somebody has to do in the portal. */
export function portalLine({ kind, variables, first, isAtOnce }: Side, target: string): string {
  const variable = variables[target === first ? 0 : 1];
  const what = kind === "key"
    ? "the key pair whose private half is that of"
    : "the client secret in";
  const counts = isAtOnce ? "; on SOD that counts at once" : ", and publish that";
  return `In the Developer Portal, let the app have ${what} ${variable}${counts}.`;
}

/** Which works, and until when the other did. */
export interface Tidying {
  readonly inUse: string;
  readonly old: string;
  readonly since: number;
  readonly workedAt: number | null;
}

/** When the old one last worked. */
export function workedLines({ inUse, old, since, workedAt }: Tidying): string[] {
  const worked = workedAt === null ? "was never seen to work" : `last worked ${timeOf(workedAt)}`;
  return [`In use is ${inUse}, since ${timeOf(since)}.`, `The other, ${old}, ${worked}.`];
}

/** What is left to do once the old one can go, and not before. */
export function tidyLines({ kind, variables, first }: Side, { inUse, old }: Tidying): string[] {
  const [variable, standbyVariable] = variables;
  const set = inUse === first ? "" : `set ${variable} to what is in use, `;
  return [
    `Then: ${set}unset ${standbyVariable}, and restart every instance.`,
    ...(kind === "key" ? disableLines(old) : []),
  ];
}

/** Neither is taken: what is configured may be another one than the portal's. */
export function refusedLine({ variables }: Side): string {
  const how = variables[0] === "KMS_KEY_VERSION"
    ? ": cli key show --key-version prints the public half of each"
    : "";
  return `Compare ${
    variables.join(" and ")
  } with the portal${how}. If they are right, it may be the tenants that are refused: name another with --tenant.`;
}

/** There may be nothing to finish because it has not begun, or because it went the other way. */
export function unfinishedLine({ kind, first }: Side, wanted: string): string {
  const flag = kind === "secret" ? " --secret" : "";
  return wanted === first
    ? `If the portal has the old one again, run cli key rotate switch${flag} --back.`
    : `Before the change in the portal, run cli key rotate plan; after a rollback, finish${flag} --back.`;
}

/** The one in use may have ended since anybody asked with it. */
export function unprovedLine({ kind, inUse, worked }: Side, isBack: boolean): string {
  const at = worked[inUse ?? ""];
  const when = at === undefined ? "never" : `not since ${timeOf(at)}`;
  const flags = `${kind === "secret" ? " --secret" : ""}${isBack ? " --back" : ""}`;
  return `Not yet: what is in use was seen to work ${when}. Run cli key rotate switch${flags}, then this again.`;
}

/** Disabled, a version can be enabled again; destroyed, it is gone after a day or more. */
function disableLines(version: string): string[] {
  const match =
    /^projects\/(.+)\/locations\/(.+)\/keyRings\/(.+)\/cryptoKeys\/(.+)\/cryptoKeyVersions\/(\d+)$/
      .exec(version);
  if (match === null) return [];
  const [, project, location, ring, key, number] = match;
  return [
    "After that the other can be disabled:",
    `  gcloud kms keys versions disable ${number} --key=${key} --keyring=${ring} \\`,
    `    --location=${location} --project=${project}`,
  ];
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
