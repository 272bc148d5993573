/**
 * The HTML of the simulated login site: plain forms that a browser or a bare `fetch` can send. Every
 * page repeats the request in hidden fields, so the site keeps no session. Fields of its own:
 * `username` (who signs in), `tenant` (which one, when there are several) and `decision` (`approve` or
 * `cancel`). Every form posts to the address it came from.
 */
import { html } from "hono/html";
import type { App } from "./app.ts";
import { hex } from "./random.ts";
import type { Person, Tenant } from "./tenant.ts";

type Html = ReturnType<typeof html>;

/** Names and values repeated in hidden fields. */
export type HiddenFields = Iterable<readonly [string, string]>;

/** Who signs in. `banner` is the red text above the form. */
export function signInPage(
  options: { people: readonly Person[]; chosen: Person; hidden: HiddenFields; banner?: string },
): Html {
  const { people, chosen, hidden, banner } = options;
  return page(
    "Sign in",
    html`
      ${banner ? html`<p role="alert" class="banner">${banner}</p>` : ""}
      <form method="post">
        ${hiddenFields(hidden)}
        <fieldset>
          <legend>User (the simulator asks for no password)</legend>
          ${people.map((person) => personField(person, person === chosen))}
        </fieldset>
        <button type="submit">Sign in</button>
      </form>
    `,
  );
}

/** The tenants of a person who has several. */
export function tenantListPage(
  options: { tenants: readonly Tenant[]; hidden: HiddenFields },
): Html {
  return page(
    "Choose a tenant",
    html`
      <form method="post">
        ${hiddenFields(options.hidden)}
        ${options.tenants.map((tenant) =>
          html`<p><button type="submit" name="tenant" value="${tenant.contextIdentifier}">${`${tenant.companyName} (${tenant.contextIdentifier})`}</button></p>`
        )}
      </form>
    `,
  );
}

/**
 * What an administrator sees while the app has no authorization. *Cancel* is a guess: the vendor
 * documents no way to decline.
 */
export function approvalPage(
  options: { app: App; tenant: Tenant; hidden: HiddenFields },
): Html {
  const { app: { name, vendor, authorizeText }, tenant, hidden } = options;
  return page(
    `Do you want to approve ${name} by ${vendor}?`,
    html`
      <p>${authorizeText}</p>
      <p>Tenant: ${tenant.companyName} (${tenant.contextIdentifier})</p>
      <p>Approved applications can access your SuperOffice installation on your behalf.</p>
      <form method="post">
        ${hiddenFields(hidden)}
        <button type="submit" name="decision" value="approve">I approve</button>
        <button type="submit" name="decision" value="cancel">Cancel</button>
      </form>
    `,
  );
}

/** A form that sends itself to `action`; the button is for browsers without script. */
export function autoPostPage(options: { action: string; fields: HiddenFields }): Html {
  return page(
    "Continue",
    html`
      <form method="post" action="${options.action}">
        ${hiddenFields(options.fields)}
        <button type="submit">Continue</button>
      </form>
      <script>document.forms[0].submit();</script>
    `,
  );
}

/** An authorization error that must not be redirected. The id has the form of a W3C traceparent. */
export function errorPage(detail: string): Html {
  return page(
    "Error occured",
    html`
      <p>We are experiencing technical difficulties and could not complete your request.</p>
      <p>${detail}</p>
      <p>Request ID: ${`00-${hex(32)}-${hex(16)}-00`}</p>
    `,
  );
}

/** A page that only says something. */
export function messagePage(title: string, text: string): Html {
  return page(title, html`<p>${text}</p>`);
}

function page(title: string, body: Html): Html {
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">
        <title>${title} - SuperOffice simulator</title>
        <style>
    body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; }
    .banner { background: #b00020; color: #fff; padding: .5rem 1rem; }
    button { font: inherit; padding: .4rem 1rem; }
    </style>
      </head>
      <body>
        <main>
    <h1>${title}</h1>
    ${body}
        </main>
      </body>
    </html>
  `;
}

function personField(person: Person, checked: boolean): Html {
  const role = person.administrator ? "administrator" : "no administrator";
  const label = `${person.firstName} ${person.lastName}, ${person.username} (${role})`;
  return html`<p><label><input type="radio" name="username" value="${person.username}"${
    checked ? " checked" : ""
  }> ${label}</label></p>`;
}

function hiddenFields(fields: HiddenFields): Html[] {
  return [...fields].map(([name, value]) =>
    html`<input type="hidden" name="${name}" value="${value}">`
  );
}
