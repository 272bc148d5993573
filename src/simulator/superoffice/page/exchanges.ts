/** What came to the exchange, newest first, and what was pushed to the apps. */
import { html } from "hono/html";
import type { ExchangeRecord } from "../exchange_log.ts";
import type { PushRecord } from "../pushes.ts";
import type { World } from "../world.ts";
import { buttonForm } from "./buttons.ts";
import { type Html, type PageSource, part, table } from "./part.ts";

/** The page shows no more than this; the control API has them all. */
const SHOWN = 50;

/** The latest exchanges: who, what, verdict. */
export function exchangesPart({ control, verbs }: PageSource): Html {
  const records = control.exchanges().slice(-SHOWN).reverse();
  const count = control.exchangeCount();
  if (count === 0) {
    return part(
      "exchanges",
      "Exchanges",
      html`<p class="none">None yet: <code>POST /Login/api/PartnerSystemUser/Authenticate</code></p>`,
    );
  }
  const older = count > records.length ? `the latest ${records.length} of ${count}, ` : "";
  const caption = `Exchanges, ${older}newest first; times are the simulator’s, in UTC`;
  const heads = ["Time", "Verdict", "Who", "Signed", "Answer"];
  return part(
    "exchanges",
    "Exchanges",
    html`
      ${table(caption, heads, records.map(exchangeRow))}
      ${buttonForm(verbs, "log", "List of exchanges")}
    `,
  );
}

function exchangeRow(record: ExchangeRecord): Html {
  const { at, door, verdict, status, signedText } = record;
  const isIssued = verdict === "issued";
  return html`
    <tr>
      <td>${timeOf(at)}</td>
      <td class="verdict"><strong class="${isIssued ? "good" : "bad"}">${isIssued
        ? "ticket issued"
        : verdict.replaceAll("_", " ")}</strong>${errorOf(record)}</td>
      <td class="who">${whoOf(record)}</td>
      <td class="signed"><code>${signedText ?? "nothing"}</code></td>
      <td class="answer">${door.toUpperCase()} ${status ?? "no answer"}</td>
    </tr>
  `;
}

function errorOf({ authorizeErrorName: name, authorizeErrorCode: code }: ExchangeRecord) {
  return name === null ? "" : html`<br>${`${name} (${code})`}`;
}

/** App and tenant, and below them the company. */
function whoOf({ appName, contextIdentifier, companyName }: ExchangeRecord): Html {
  const company = contextIdentifier === null ? "" : companyName ?? "unknown tenant";
  return html`${appName ?? "unknown app"}, ${contextIdentifier ?? "no tenant"}<br>${company}`;
}

/** What was sent to the apps' state-change URLs. */
export function pushesPart({ control, world }: PageSource): Html {
  const pushes = control.pushes().slice(-SHOWN).reverse();
  if (pushes.length === 0) {
    return part(
      "pushes",
      "State changes pushed",
      html`<p class="none">None yet. A push needs an app with a state-change URL.</p>`,
    );
  }
  const heads = ["Time", "Change", "App", "Answer"];
  return part(
    "pushes",
    "State changes pushed",
    table("State changes pushed, newest first", heads, pushes.map((push) => pushRow(world, push))),
  );
}

function pushRow({ state }: World, push: PushRecord): Html {
  const { at, type, clientId, contextIdentifier, url, status, error } = push;
  const isTaken = status !== null && status < 300;
  const answer = status ?? error ?? "under way";
  return html`
    <tr>
      <td>${timeOf(at)}</td>
      <td class="verdict">${type}<br>${contextIdentifier}</td>
      <td class="who">${state.apps.get(clientId)?.name ?? clientId}<br><code>${url}</code></td>
      <td class="${isTaken ? "good" : "bad"}">${answer}</td>
    </tr>
  `;
}

/** The time of day, and all of it for machines. */
function timeOf(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(11, 19)}</time>`;
}
