/** The tenants: what each is, who may work in it, and what can happen to it. */
import { html } from "hono/html";
import type { App } from "../app.ts";
import type { Tenant } from "../tenant.ts";
import { authorizationOf, endpointOf } from "../world.ts";
import { buttonForm } from "./buttons.ts";
import { type Html, type PageSource, part } from "./part.ts";

/** The page shows no more than this; the control API has them all. */
const SHOWN = 50;

/** Every tenant, and the form that adds one. */
export function tenantsPart(source: PageSource): Html {
  const tenants = [...source.world.state.tenants.values()];
  return part(
    "tenants",
    "Tenants",
    html`
      ${tenants.slice(0, SHOWN).map((tenant) => tenantCard(source, tenant))}
      ${tenants.length > SHOWN
        ? html`<p class="none">And ${
          String(tenants.length - SHOWN)
        } more: <code>/_control/tenants</code></p>`
        : ""}
      ${buttonForm(
        source.verbs,
        "add_tenant",
        "New tenant",
        {},
        html`<label for="company">Company</label> <input id="company" name="company_name">`,
      )}
    `,
  );
}

function tenantCard(source: PageSource, tenant: Tenant): Html {
  const { world, verbs } = source;
  const { contextIdentifier: ctx, companyName, serial, state } = tenant;
  return html`
    <article aria-labelledby="${ctx}">
      <h3 id="${ctx}">${companyName} <code>${ctx}</code>
        <span class="${state === "Running" ? "good" : "bad"}">${state}</span></h3>
      <dl>
        <dt>Lives at</dt><dd><code>${endpointOf(world, tenant)}</code></dd>
        <dt>Serial</dt><dd><code>${serial}</code></dd>
        <dt>Tickets alive</dt><dd>${String(world.tickets.count(ctx))}</dd>
      </dl>
      ${state === "Deleted" ? "" : html`
        ${[...world.state.apps.values()].map((app) => authorizationRow(source, ctx, app))}
        ${buttonForm(verbs, "tenant", `Tenant ${ctx}`, { context_identifier: ctx })}
      `}
    </article>
  `;
}

const authorizationWords = {
  active: "approved",
  revoked: "revoked",
  expired: "expired",
  needs_reapproval: "needs re-approval",
} as const;

function authorizationRow(
  { world, verbs }: PageSource,
  ctx: string,
  app: App,
): Html {
  const { clientId, name } = app;
  const status = authorizationOf(world, app, ctx)?.status;
  const words = status === undefined ? "not approved" : authorizationWords[status];
  const hidden = { context_identifier: ctx, client_id: clientId };
  return html`
    <div class="authorization">
      <p>${name}: <strong class="${status === "active" ? "good" : "bad"}">${words}</strong></p>
      ${buttonForm(verbs, "authorization", `Authorization of ${name} by ${ctx}`, hidden)}
    </div>
  `;
}
