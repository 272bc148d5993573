/**
 * Commands about the operator's webhook: what waits and what was given up, sending that again or letting
 * go of it, a secret, and a message to see whether it arrives. What is sent again, the service sends.
 */

import type { Command } from "commander";
import { MAX_BURIED } from "../adapters/storage/notice_records.ts";
import { createWebhookSender } from "../adapters/webhooks/sender.ts";
import { shown } from "../domain/shown_text.ts";
import { type OpenedStores, withStores } from "./stores.ts";
import { tableLines } from "./table.ts";
import { noticeLabel } from "../domain/notice.ts";
import {
  errorOf,
  isDelivered,
  testNoticeBody,
  type WebhookAnswer,
  webhookSecretText,
} from "../domain/webhook.ts";
import { requireConfig } from "../main.ts";
import { print } from "../print.ts";
import { systemClock, systemIds } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import type { BuriedNotice } from "../usecases/notice_ports.ts";

/** Describes the commands. */
export function addWebhooks(program: Command, done: (code: number) => void): void {
  const webhook = program.command("webhook").description("what your systems are told of tenants");
  webhook.command("list")
    .description("how many notices wait, and which were given up, the newest first")
    .option("--json", "for machines")
    .action(async (options) => done(await listNotices(options)));
  webhook.command("resend")
    .description("let the service send again what was given up")
    .option("--id <id>", "this one, msg_…")
    .option("--all", "all of them")
    .action(async (options) => done(await resendNotices(options)));
  webhook.command("discard")
    .description("forget what was given up, for good")
    .option("--id <id>", "this one, msg_…")
    .option("--all", "all of them")
    .action(async (options) => done(await discardNotices(options)));
  webhook.command("secret")
    .description("make a secret for WEBHOOK_SECRET")
    .action(() => done(makeSecret()));
  webhook.command("test")
    .description("send one message of type webhook.test now, and say what comes of it")
    .option("--json", "for machines")
    .action(async (options) => done(await testWebhook(options)));
}

async function listNotices({ json }: { readonly json?: true }): Promise<number> {
  return await withStores(async ({ stores: { notices } }) => {
    const { waiting } = await notices.count();
    const buried = await notices.buried(MAX_BURIED);
    if (json) {
      print.line(JSON.stringify({ waiting, buried: buried.map(entryOf) }));
      return 0;
    }
    print.line(`${waiting} waiting, ${buried.length} given up`);
    for (const line of tableLines(buried.map(rowOf))) print.line(line);
    return 0;
  });
}

function entryOf({ id, body, at, attempts, buriedAt, error }: BuriedNotice) {
  const { type, contextIdentifier } = noticeLabel(body);
  return {
    id,
    type,
    context_identifier: contextIdentifier,
    at: new Date(at).toISOString(),
    buried_at: new Date(buriedAt).toISOString(),
    attempts,
    error,
  };
}

function rowOf(notice: BuriedNotice): string[] {
  const { id, type, context_identifier, at, attempts, error } = entryOf(notice);
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return [at, type ?? "?", context_identifier ?? "?", tries, shown(error), shown(id)];
}

interface Choice {
  readonly id?: string;
  readonly all?: true;
}

/** @returns 1 if there is none of that id */
function resendNotices(choice: Choice): Promise<number> {
  return withBuried("send again", choice, async (ids, { config, stores: { notices } }) => {
    let count = 0;
    for (const id of ids) {
      if (await notices.revive(id, systemClock.now())) count++;
    }
    print.line(`${count} to be sent again`);
    const who = config.webhook === null ? "a service with WEBHOOK_URL" : "a running service";
    if (count > 0) print.error(`It is sent within half a minute by ${who}.`);
  });
}

/** @returns 1 if there is none of that id */
function discardNotices(choice: Choice): Promise<number> {
  return withBuried("discard", choice, async (ids, { stores: { notices } }) => {
    for (const id of ids) await notices.done(id);
    print.line(`${ids.length} forgotten`);
  });
}

async function withBuried(
  verb: string,
  { id, all }: Choice,
  deed: (ids: readonly string[], opened: OpenedStores) => Promise<void>,
): Promise<number> {
  if ((id === undefined) === (all === undefined)) {
    throw new UsageFault(`Cannot ${verb}: give either --id or --all`);
  }
  return await withStores(async (opened) => {
    // Once through: what is given up meanwhile stays so.
    const buried = (await opened.stores.notices.buried(MAX_BURIED)).map((notice) => notice.id);
    const ids = id === undefined ? buried : buried.filter((known) => known === id);
    if (id !== undefined && ids.length === 0) {
      print.error("Nothing of that id was given up.");
      return 1;
    }
    await deed(ids, opened);
    return 0;
  });
}

/** Half of what HMAC-SHA256 can use, and the least that the specification wants is 24. */
const SECRET_BYTES = 32;

function makeSecret(): number {
  print.error("For WEBHOOK_SECRET and for the receiver, shown this once:");
  print.line(webhookSecretText(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))));
  print.error("To change a secret: WEBHOOK_SECRET=new,old until the receiver has the new one.");
  return 0;
}

/** @returns 1 if it did not arrive */
async function testWebhook({ json }: { readonly json?: true }): Promise<number> {
  const { webhook } = requireConfig();
  if (webhook === null) {
    throw new UsageFault("Cannot test the webhook: WEBHOOK_URL and WEBHOOK_SECRET are not set");
  }
  const now = systemClock.now();
  const notice = { id: `msg_${systemIds.next()}`, body: testNoticeBody(now) };
  const answer = await createWebhookSender(webhook).send(notice, now);
  if (json) print.line(JSON.stringify(resultOf(notice.id, answer)));
  else print.line(sentenceOf(answer));
  return isDelivered(answer) ? 0 : 1;
}

function resultOf(id: string, answer: WebhookAnswer) {
  const delivered = isDelivered(answer);
  return {
    id,
    delivered,
    status: answer.kind === "answered" ? answer.status : null,
    error: delivered ? null : errorOf(answer),
  };
}

function sentenceOf(answer: WebhookAnswer): string {
  if (answer.kind === "failed") {
    return answer.reason === "timeout"
      ? "no: the receiver did not answer in time"
      : "no: the receiver cannot be reached";
  }
  const { status } = answer;
  if (isDelivered(answer)) return `yes: the receiver answered ${status}`;
  const hint = status >= 300 && status < 400 ? ", and redirects are not followed" : "";
  return `no: the receiver answered ${status}${hint}`;
}
