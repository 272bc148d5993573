/**
 * Pressing the page's buttons: which can be pressed here, which members their forms send, and the
 * calls. Has no levers of its own.
 */
import { html } from "hono/html";
import type { Body, Verbs } from "../../control/verbs.ts";
import { type Button, type ButtonGroup, buttons } from "./button_table.ts";
import type { Html } from "./part.ts";

/** Members that a form sends along; those left empty are not sent. */
const sentWith: Readonly<Partial<Record<ButtonGroup, readonly string[]>>> = {
  authorization: ["context_identifier", "client_id"],
  tenant: ["context_identifier"],
  add_tenant: ["company_name"],
  secret: ["client_id"],
  key: ["client_id", "key"],
  redirect_url: ["client_id", "url"],
  state_change_url: ["client_id", "url"],
  key_version: ["key_version"],
};

/** The button of an address, if any of its verbs is mounted. */
export function findButton(id: string, verbs: Verbs): Button | undefined {
  return buttons.find((button) => button.id === id && canPress(button, verbs));
}

/** Does what the button says. Throws what its verbs throw. */
export async function press(button: Button, verbs: Verbs, form: Body): Promise<void> {
  const sent = (sentWith[button.group] ?? []).map((name) => [name, form[name]])
    .filter(([, value]) => typeof value === "string" && value !== "");
  for (const { verb, body } of button.calls) {
    if (Object.hasOwn(verbs, verb)) {
      await verbs[verb]?.call({ ...body, ...Object.fromEntries(sent) });
    }
  }
}

/**
 * The buttons of a group in one form, with what it sends along; nothing when none can be pressed.
 *
 * @param about what the buttons are about, for those who do not see where they stand
 */
export function buttonForm(
  verbs: Verbs,
  group: ButtonGroup,
  about: string,
  hidden: Readonly<Record<string, string>> = {},
  inputs: Html | string = "",
): Html | string {
  const own = buttons.filter((button) => button.group === group && canPress(button, verbs));
  if (own.length === 0) return "";
  const values = Object.values(hidden);
  return html`
    <form method="post" role="group" aria-label="${about}">
    ${Object.entries(hidden).map(([name, value]) =>
      html`<input type="hidden" name="${name}" value="${value}">`
    )}${inputs}
    ${own.map(({ id, label }) =>
      html`
        <button id="${[id, ...values].join("-")}" formaction="/_page/${id}">${label}</button>
      `
    )}
    </form>
  `;
}

function canPress({ calls }: Button, verbs: Verbs): boolean {
  return calls.some(({ verb }) => Object.hasOwn(verbs, verb));
}
