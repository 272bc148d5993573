/** The faults of SuperOffice: answers of the exchange, clock, login key, and which switches are set. */
import { html } from "hono/html";
import { defaultBehaviour } from "../behaviour.ts";
import { buttonForm } from "./buttons.ts";
import { type Html, type PageSource, part, table } from "./part.ts";

/** The buttons for every fault that is not one tenant's or one app's. */
export function faultsPart(source: PageSource): Html {
  const { world, verbs } = source;
  const [current, ...older] = world.state.loginKeys;
  return part(
    "faults",
    "Faults",
    html`
      <h3>Next exchange</h3>
      ${buttonForm(verbs, "next", "Next exchange")}
      <h3>Every exchange until reset</h3>
      ${buttonForm(verbs, "every", "Every exchange until reset")}
      <h3>Clock: <strong class="${world.clockOffsetMs === 0 ? "good" : "bad"}">${offsetWords(
        world.clockOffsetMs,
      )}</strong></h3>
      ${buttonForm(verbs, "clock", "Clock")}
      <h3>Login key</h3>
      <p><code>${current.kid.slice(0, 8)}…</code>${older.length === 0
        ? ""
        : ` and ${older.length} older one${older.length === 1 ? "" : "s"}`}</p>
      ${buttonForm(verbs, "login_key", "Login key")}
      ${switchesTable(source)}
      ${buttonForm(verbs, "reset", "All faults")}
    `,
  );
}

function offsetWords(milliseconds: number): string {
  if (milliseconds === 0) return "right";
  const seconds = Math.abs(milliseconds) / 1000;
  const amount = seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
  return `${amount} ${milliseconds > 0 ? "ahead" : "behind"}`;
}

function switchesTable({ world }: PageSource): Html {
  const usual = Object.entries(defaultBehaviour());
  const now = new Map<string, unknown>(Object.entries(world.behaviour));
  const set = usual.filter(([name, value]) => text(now.get(name)) !== text(value));
  if (set.length === 0) return html`<p class="none">Every switch is at its default.</p>`;
  return table(
    "Switches that are not at their default",
    ["Switch", "Now", "Default"],
    set.map(([name, value]) =>
      html`
        <tr>
          <th scope="row"><code>${name}</code></th>
          <td><code>${text(now.get(name))}</code></td>
          <td class="usual"><code>${text(value)}</code></td>
        </tr>
      `
    ),
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}
