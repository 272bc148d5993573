/** The tenants and how they are, in the order of consent. Shows no token; names are foreign text. */

import { html } from "hono/html";
import type { Tenant } from "../../domain/tenant.ts";
import type { TenantPage } from "../../usecases/tenants.ts";
import { frame, type View } from "./frame.ts";
import { type Html, instantAt, plural, scrolling, state } from "./words.ts";

/** @param after where this page begins; 0 for the first one */
export function tenantsPage(view: View, { tenants, next }: TenantPage, after: number): Html {
  return frame(
    view,
    html`
      <p class="searched">${summary(tenants, after > 0 || next !== null)}</p>
      ${tenants.length === 0 ? "" : scrolling("Tenants in the order of consent", table(tenants))}
      <p class="small">Health is what SuperOffice said when it was last asked, which is when a ticket
      was needed. Only tenants that your key’s entry names are listed.</p>
      <nav class="pages" aria-label="Pages of tenants">
        ${after === 0
          ? ""
          : html`<a class="button quiet" href="/console/tenants">First tenants</a>`}
        ${next === null
          ? ""
          : html`<a class="button quiet" rel="next" href="/console/tenants?after=${next}">More
            tenants</a>`}
      </nav>
    `,
  );
}

function summary(tenants: readonly Tenant[], isPart: boolean): Html {
  const troubled = tenants.filter((tenant) => !isWell(tenant)).length;
  if (tenants.length === 0) return html`There are no ${isPart ? "more " : ""}tenants to show.`;
  return html`${plural(tenants.length, "tenant")}${isPart ? " on this page" : ""}, ${
    troubled === 0
      ? "all of them connected and running."
      : html`<strong>${plural(troubled, "needs", "need")} attention</strong>.`
  }`;
}

function isWell({ health, state }: Tenant): boolean {
  return health === "connected" && state === "Running";
}

function table(tenants: readonly Tenant[]): Html {
  return html`
    <table class="tenants">
      <thead>
        <tr>
          <th scope="col">Tenant</th>
          <th scope="col">Company</th>
          <th scope="col">Health</th>
          <th scope="col">State</th>
          <th scope="col">Consented (UTC)</th>
          <th scope="col">By</th>
        </tr>
      </thead>
      <tbody>
        ${tenants.map(row)}
      </tbody>
    </table>
  `;
}

function row(tenant: Tenant): Html {
  const { contextIdentifier, companyName, consentedAt, consentedBy } = tenant;
  return html`
    <tr>
      <th scope="row"><a class="target" href="/console/entries?tenant=${contextIdentifier}"
        title="Entries of ${contextIdentifier}">${contextIdentifier}</a></th>
      <td class="wide">${companyName}</td>
      <td>${tenant.health === "connected"
        ? state("good", "connected")
        : state("bad", "consent withdrawn")}</td>
      <td>${tenant.state === "Running" ? tenant.state : state("bad", tenant.state)}</td>
      <td class="time">${instantAt(consentedAt)}</td>
      <td class="wide">${consentedBy}</td>
    </tr>
  `;
}
