/**
 * How to verify the ledger from elsewhere, and what is said where an entry is not the one that the tree
 * has. Never shows the log's key: who is shown a wrong page would be shown a wrong key.
 */

import { html } from "hono/html";
import type { Outcome } from "../../domain/refusal.ts";
import { type Html, state } from "./words.ts";

/** @param service origin of this service */
export function howToVerify(service: string): Html {
  return html`
    <p class="small">Checked here are the checkpoint, and each shown entry against its hash in the tree.
      To verify the whole log, do it elsewhere, with your key for this page on standard input:</p>
    <pre>deno task cli ledger verify --service ${service} <span class="whole">--key "$(cat key.txt)"</span></pre>
    <p class="small"><code>key.txt</code> has the log’s key, as you kept it from before: what
      <code>deno task cli ledger key</code> printed on the service’s machine. Do not ask the service for it
      now.</p>
  `;
}

/** True for an answer that the store was changed. Asking again would not help. */
export function isChanged(outcome: Outcome<unknown>): boolean {
  return !outcome.ok && outcome.refusal.reason === "inconsistent";
}

/** @param service origin of this service; null where the command stands beside it */
export function changedAlarm(service: string | null): Html {
  return html`
    <section class="card alarm" aria-labelledby="changed">
      <h2 id="changed">The store was changed</h2>
      <p>${state("bad", CHANGED)}</p>
      <p>Entries that are read together with it are not shown. Which one it is stands in the service’s log
        as <code>ledger.inconsistent</code>. Keep the checkpoints and exports that you have elsewhere.</p>
      ${service === null ? "" : howToVerify(service)}
    </section>
  `;
}

/** What is said of a part that would have shown it. */
export const CHANGED_PART = html`<p>${
  state("bad", "Not shown: an entry is not what its hash says.")
}</p>`;

const CHANGED = "An entry is not what its hash says: the store was changed. Run the verification.";
