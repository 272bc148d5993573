/**
 * Commands for changing what SuperOffice holds one of each: the signing key and the client secret. They
 * say where a rotation stands and what comes next, and prove it with an exchange; what is in use follows
 * from what SuperOffice takes, never from a command. No secret is printed.
 */

import type { Command } from "commander";
import { checkKmsKey } from "./doctor_key.ts";
import { askAnyOf } from "./key_ask.ts";
import { configured, foreignUses, openRotationParts, requireRegistration } from "./key_parts.ts";
import { count } from "./options.ts";
import {
  planLines,
  portalLine,
  refusedLine,
  type Side,
  sideOf,
  tidyLines,
  unfinishedLine,
  unprovedLine,
  workedLines,
} from "./rotation_words.ts";
import { warm } from "./key_warm.ts";
import {
  type OpenedBooks,
  type OpenedStores,
  requireTenant,
  withBooks,
  withStores,
} from "./stores.ts";
import { type CredentialKind, CREDENTIALS } from "../domain/credential_record.ts";
import { print } from "../print.ts";
import { systemClock as clock } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";

/** Describes the commands. @param key the noun that they belong to */
export function addKeyRotate(key: Command, done: (code: number) => void): void {
  const rotate = key.command("rotate")
    .description("change the signing key or the client secret without a refused caller");
  rotate.command("plan")
    .description("say what is configured, what works now and since when, and what comes next")
    .option("--json", "for machines")
    .action(async (options) => done(await plan(options)));
  rotate.command("warm")
    .description("renew the tickets in use, so that hours of runway are there; may be run again")
    .option("--per-minute <count>", "exchanges begun in a minute", count, 60)
    .option("--json", "for machines")
    .action(async (options) => done(await warm(options)));
  rotate.command("switch")
    .description("say what to change in the Developer Portal, and ask SuperOffice what it takes")
    .option("--tenant <id>", "the tenant to ask for; else one that is connected")
    .option("--secret", "the client secret, where both have a standby")
    .option("--back", "expect the first again, not its standby: a rollback")
    .option("--json", "for machines")
    .action(async (options) => done(await change(options)));
  rotate.command("finish")
    .description("say when the old one last worked, and by which time it can go")
    .option("--secret", "the client secret, where both have a standby")
    .option("--back", "after a rollback: the standby is what can go")
    .option("--quiet-minutes <count>", "so long it must not have worked", count, 15)
    .option("--json", "for machines")
    .action(async (options) => done(await finish(options)));
}

async function sidesOf(opened: OpenedStores): Promise<Record<CredentialKind, Side>> {
  const names = configured(opened);
  const record = await opened.stores.credentials.get();
  const foreign = foreignUses(opened.config, record);
  const isAtOnce = opened.config.environment === "sod";
  return {
    key: sideOf("key", names.key, record, { elsewhere: foreign.key, isAtOnce }),
    secret: sideOf("secret", names.secret, record, { elsewhere: foreign.secret, isAtOnce }),
  };
}

async function plan({ json }: { readonly json?: true }): Promise<number> {
  const sides = await withStores(sidesOf);
  if (json) print.line(JSON.stringify({ key: jsonOf(sides.key), secret: jsonOf(sides.secret) }));
  else for (const kind of CREDENTIALS) for (const line of planLines(sides[kind])) print.line(line);
  if (sides.key.standby !== null && sides.secret.standby !== null) {
    print.error(
      "Both have a standby: change one, finish it, then the other. Together they cost more.",
    );
  }
  return 0;
}

interface Which {
  readonly secret?: true;
  readonly back?: true;
  readonly json?: true;
}

/** The one that is being changed. @throws UsageFault if nothing stands by */
function chosen(sides: Readonly<Record<CredentialKind, Side>>, { secret }: Which) {
  const kind = secret || sides.key.standby === null && sides.secret.standby !== null
    ? "secret"
    : "key";
  const { first, standby } = sides[kind];
  if (standby !== null) return { side: sides[kind], first, standby };
  throw new UsageFault(`Cannot rotate: ${sides[kind].variables[1]} is not set`);
}

async function change(
  options: Which & { readonly tenant?: string },
): Promise<number> {
  const tenant = options.tenant === undefined ? null : requireTenant(options.tenant);
  return await withBooks(async (books) => {
    requireRegistration(books);
    const { side, first, standby } = chosen(await sidesOf(books), options);
    const target = options.back ? first : standby;
    if (side.kind === "key") await requireFit(books, side, target);
    if (!options.json) print.error(portalLine(side, target));
    const parts = await openRotationParts(books);
    const told = await askAnyOf(parts, books.stores.tenants, tenant, "switch")
      .finally(() => parts.drain());
    if (told === null) {
      const who = tenant === null ? "no tenant has consented yet" : "no such tenant has consented";
      throw new UsageFault(`Cannot ask SuperOffice: ${who}`);
    }
    const { tenant: context_identifier, came, isRefused } = told;
    const takes = came === "issued" ? (await sidesOf(books))[side.kind].inUse : null;
    const isDone = takes === target;
    if (options.json) {
      print.line(JSON.stringify({ context_identifier, answer: came, takes, expected: target }));
    } else if (takes === null) {
      print.line(`No ticket for ${context_identifier}: ${came}. Nothing was changed.`);
      if (isRefused) print.error(refusedLine(side));
    } else if (isDone) {
      print.line(`SuperOffice takes ${takes}. All instances begin with it within a minute.`);
    } else print.line(`SuperOffice still takes ${takes}. Run this again after the change.`);
    return isDone ? 0 : 1;
  });
}

/** Before anybody publishes what cannot sign. @throws UsageFault saying why */
async function requireFit(
  { config, host }: OpenedBooks,
  { variables }: Side,
  target: string,
): Promise<void> {
  const { signing } = config;
  if (signing.kind !== "google_kms") return;
  const place = signing.key.keyVersion === target ? 0 : 1;
  const key = place === 0 ? signing.key : signing.standby!;
  const { level, text, remedy } = await checkKmsKey({ host, isLive: false }, variables[place], key);
  if (level !== "problem") return;
  throw new UsageFault(`Cannot switch, publish nothing yet: ${text}. ${remedy}`);
}

async function finish(options: Which & { readonly quietMinutes: number }): Promise<number> {
  const { side, first, standby } = chosen(await withStores(sidesOf), options);
  const { inUse, since } = side;
  if (inUse === null || since === null) {
    print.error("Nothing was seen to work yet: ask for a ticket, or run key rotate switch.");
    return 1;
  }
  const [wanted, old] = options.back ? [first, standby] : [standby, first];
  if (inUse !== wanted) {
    print.error(`In use is ${inUse}: there is nothing to finish. ${unfinishedLine(side, wanted)}`);
    return 1;
  }
  const workedAt = side.worked[old] ?? null;
  const overAt = Math.max(since, workedAt ?? 0) + options.quietMinutes * 60_000;
  // Where nobody asked, the old one may be the only one that works: silence is no sign of the new one.
  const freshFrom = Math.max(overAt, clock.now() - options.quietMinutes * 60_000);
  const isProved = (side.worked[inUse] ?? 0) >= freshFrom;
  const isOver = clock.now() >= overAt && isProved;
  if (options.json) {
    const old_last_worked = workedAt === null ? null : new Date(workedAt).toISOString();
    const not_before = clock.now() < overAt ? new Date(overAt).toISOString() : null;
    const finished = isOver;
    print.line(JSON.stringify({ ...jsonOf(side), old, old_last_worked, not_before, finished }));
    return isOver ? 0 : 1;
  }
  const tidying = { inUse, old, since, workedAt };
  for (const line of workedLines(tidying)) print.line(line);
  if (isOver) {
    print.line("The other can go.");
    for (const line of tidyLines(side, tidying)) print.line(line);
  } else if (clock.now() < overAt) {
    print.error(
      `Not before ${new Date(overAt).toISOString()}, if it does not work again until then.`,
    );
  } else print.error(unprovedLine(side, options.back === true));
  return isOver ? 0 : 1;
}

function jsonOf({ first, standby, inUse, since, worked, elsewhere }: Side) {
  const instant = (at: number | null) => at === null ? null : new Date(at).toISOString();
  const last_worked = Object.fromEntries(
    Object.entries(worked).map(([name, at]) => [name, instant(at)]),
  );
  const in_use_elsewhere = elsewhere;
  return { first, standby, in_use: inUse, since: instant(since), in_use_elsewhere, last_worked };
}
