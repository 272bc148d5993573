/**
 * Consents under way in Upstash Redis, one key each, all with an expiry. A state is kept by its
 * digest: what a browser sends is never itself a key. The record's own time decides; the key lives
 * a minute longer, because clocks differ.
 */

import { digestOf } from "../../domain/digest.ts";
import type { ConsentStore } from "../../usecases/consent_ports.ts";
import { readFinished, readPending, readRecord, readWhole, unreadable } from "./records.ts";
import type { Sealing } from "./sealing.ts";
import type { Client } from "./upstash_client.ts";
import { CLAIM, READ, TAKE, UNCLAIM } from "./upstash_consent_scripts.ts";

const SLACK_MS = 60_000;

/** Makes the consent store of a client. Seals code verifiers. */
export function createUpstashConsents(
  client: Client,
  sealing: Sealing,
  prefix: string,
): ConsentStore {
  const stateKey = async (state: string) => `${prefix}:consent:{${await digestOf(state)}}`;
  const claimKey = (digest: string) => `${prefix}:claim:{${digest}}`;
  const finishedKey = (browser: string) => `${prefix}:finished:{${browser}}`;

  return {
    async begin(state, pending, untilMs) {
      const key = await stateKey(state);
      const record = JSON.stringify({
        nonce: pending.nonce,
        code_verifier: await sealing.seal(key, pending.codeVerifier.reveal()),
        browser: pending.browser,
        tenant: pending.tenant,
        until: untilMs,
      });
      await client.set(key, `pending ${record}`, Math.ceil(untilMs) + SLACK_MS);
    },
    async take(state, now) {
      const key = await stateKey(state);
      const [word, text] = await client.run(TAKE, [key], [crypto.randomUUID(), String(SLACK_MS)]);
      if (word === "NONE") return null;
      if (word !== "TAKEN") return unreadable();
      const record = readRecord(text);
      if (readWhole(record.until) <= now) return null;
      return await readPending(record, (sealed) => sealing.open(key, sealed));
    },
    async claim(digest, untilMs, now) {
      const life = Math.max(0, Math.ceil(untilMs - now)) + SLACK_MS;
      const args = [crypto.randomUUID(), String(untilMs), String(now), String(life)];
      const [word] = await client.run(CLAIM, [claimKey(digest)], args);
      return word === "CLAIMED";
    },
    async unclaim(digest) {
      await client.run(UNCLAIM, [claimKey(digest)], []);
    },
    async finish(browser, { contextIdentifier, isRenewed }, untilMs) {
      const record = JSON.stringify({
        context_identifier: contextIdentifier,
        is_renewed: isRenewed,
        until: untilMs,
      });
      await client.set(finishedKey(browser), record, Math.ceil(untilMs) + SLACK_MS);
    },
    async finished(browser, now) {
      const [, text = null] = await client.run(READ, [finishedKey(browser)], []);
      if (text === null) return null;
      const record = readRecord(text);
      return readWhole(record.until) <= now ? null : readFinished(record);
    },
  };
}
