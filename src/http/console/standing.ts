/**
 * How the ledger stands: its checkpoint, and the last reconciliation with the cloud's log. Says what was
 * checked and what was not, and how to check the rest.
 */

import { html } from "hono/html";
import type { ReconciliationSummary } from "../../domain/reconciliation.ts";
import type { Outcome } from "../../domain/refusal.ts";
import type { CheckpointStatus } from "../../usecases/checkpoints.ts";
import type { KeptReconciliation } from "../../usecases/ledger_console.ts";
import { howToVerify } from "./verifying.ts";
import { ago, count, type Html, instant, plural, state } from "./words.ts";

/** A part of the overview: a box with a title, marked if somebody has to act or to look. */
export function card(id: string, title: string, body: Html, mark: Mark = ""): Html {
  return html`
    <section class="card ${mark}" aria-labelledby="${id}">
      <h2 id="${id}">${title}</h2>
      ${body}
    </section>
  `;
}

export type Mark = "" | "alarm" | "warning";

/** What is said of a part that cannot be shown. */
export const NOT_NOW = html`<p>${state("none", "Cannot be told at the moment.")}</p>`;

/** @param service origin of this service */
export function checkpointCard(status: Outcome<CheckpointStatus>, service: string): Html {
  if (!status.ok) {
    return card(
      "checkpoint",
      "Checkpoint",
      html`<p>${state("none", "Cannot be checked at the moment.")}</p>
        <p>The store, or the key that signs checkpoints, does not answer.</p>
        ${howToVerify(service)}`,
    );
  }
  const { last, isContinued, size } = status.value;
  if (last === null) {
    return card(
      "checkpoint",
      "Checkpoint",
      html`<p>${state("none", "None yet")}</p>
        <p>The log has ${plural(size, "entry", "entries")}. A checkpoint by this log’s key is signed
        within a minute after an entry is written, and whenever somebody asks for one.</p>
        ${howToVerify(service)}`,
    );
  }
  return card(
    "checkpoint",
    "Checkpoint",
    html`
      <p>${isContinued
        ? state("good", "Signature valid, and the tree of hashes continues it")
        : state("bad", "THE LOG DOES NOT CONTINUE ITS CHECKPOINT")}</p>
      <p>${isContinued ? sizes(last.checkpoint.size, size) : BROKEN}</p>
      ${isContinued ? "" : html`<p>${sizes(last.checkpoint.size, size)}</p>`}
      <pre>${last.note.trim()}</pre>
      ${howToVerify(service)}
    `,
    isContinued ? "" : "alarm",
  );
}

function sizes(signed: number, size: number): Html {
  const covered = html`It covers ${plural(signed, "entry", "entries")}`;
  if (size < signed) return html`${covered}, and the log has only ${count(size)}.`;
  return size === signed
    ? html`${covered}: the whole log.`
    : html`${covered}; ${plural(size - signed, "entry has", "entries have")} come since.`;
}

const BROKEN =
  "What is stored now is not what was signed: entries were changed or removed, or an " +
  "older copy of the store was restored. Keep the checkpoint below, and compare with exports that you " +
  "have elsewhere.";

export function reconciliationCard(kept: Outcome<KeptReconciliation>, now: number): Html {
  const title = "Last reconciliation";
  if (!kept.ok) return card("reconciliation", title, NOT_NOW);
  switch (kept.value.kind) {
    case "none":
      return card(
        "reconciliation",
        title,
        html`
          <p>${state("none", "None yet")}</p>
          <p>Compare the ledger with the cloud’s own record of signatures:</p>
          <pre>${COMMAND}</pre>
        `,
      );
    case "unreadable":
      return card(
        "reconciliation",
        title,
        html`
          <p>${state("bad", "Unreadable")}</p>
          <p>What the store remembers of it is no result of ours. Run it again:</p>
          <pre>${COMMAND}</pre>
        `,
        "alarm",
      );
    case "kept":
      return summaryCard(title, kept.value.summary, now);
  }
}

const COMMAND = "deno task cli ledger reconcile --cloud-audit-logs FILE";

function summaryCard(title: string, summary: ReconciliationSummary, now: number): Html {
  const { at, from, to, matched, unwitnessed, unexplained, indeterminate } = summary;
  const row = (name: string, number: number, meaning: string, sign: "bad" | "warn" | null = null) =>
    html`
      <dt>${name}</dt>
      <dd>${sign === null || number === 0
        ? html`<strong>${count(number)}</strong>`
        : state(sign, count(number))} <span class="meaning">${meaning}</span></dd>
    `;
  return card(
    "reconciliation",
    title,
    html`
      ${verdicts(summary).map((verdict) => html`<p>${verdict}</p>`)}
      <p>Done at ${instant(at)} (${ago(Date.parse(at), now)}), for the time
        ${from === null ? "from the beginning" : html`from ${instant(from)}`}
        ${to === null ? "on" : html`to ${instant(to)}`}.</p>
      <dl class="result">
        ${row("Matched", matched, "in both")}
        ${row("Unexplained", unexplained, "signed, without an intent here", "bad")}
        ${row("Unwitnessed", unwitnessed, "intended here, not in the cloud’s log", "warn")}
        ${row("Indeterminate", indeterminate, "too new, or beyond what was exported")}
      </dl>
      <p class="small">${confirmed(summary)}</p>
      <p class="small">This is what the last run left in the store. It is not signed: whoever can write
        the store can write it. Run it yourself to be sure.</p>
    `,
    unexplained > 0 ? "alarm" : unwitnessed > 0 ? "warning" : "",
  );
}

/** Good only if something was compared, and nothing is left over on either side. */
function verdicts(summary: ReconciliationSummary): readonly Html[] {
  const { matched, unwitnessed, unexplained, indeterminate } = summary;
  if (matched + unwitnessed + unexplained === 0) return [state("none", "Nothing was compared")];
  if (unwitnessed + unexplained === 0) {
    const which = indeterminate === 0 ? "in the cloud’s log" : "that could be judged";
    return [state("good", `Every signature ${which} is explained`)];
  }
  const unexplainedWords = `${plural(unexplained, "signature")} that the ledger does not explain`;
  // Of an attempt that failed nobody knows whether it got as far as the cloud.
  const lacking = `The cloud’s log lacks ${plural(unwitnessed, "attempt")} that the ledger has`;
  return [
    ...unexplained > 0 ? [state("bad", unexplainedWords)] : [],
    ...unwitnessed > 0 ? [state("warn", lacking)] : [],
  ];
}

function confirmed({ confirmed_until: until }: ReconciliationSummary): Html {
  return until === null
    ? html`Nothing confirms that the cloud’s log was complete: no canary was found in it.`
    : html`Canaries confirm that the cloud’s log was logging until ${instant(until)}.`;
}
