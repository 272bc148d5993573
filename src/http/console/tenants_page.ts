/** The tenants and how they are, in the order of consent. Shows no token; names are foreign text. */

import { html } from "hono/html";
import type { TenantCard } from "../../domain/tenant.ts";
import type { TenantPage } from "../../usecases/tenants.ts";
import { frame, type View } from "./frame.ts";
import { listing } from "./listing.ts";
import { type Html, instantAt, plural, state } from "./words.ts";

/** @param after where this page begins; 0 for the first one */
export function tenantsPage(view: View, { tenants, next }: TenantPage, after: number): Html {
  return frame(
    view,
    html`
      <p class="searched">${summary(tenants, after > 0 || next !== null)}</p>
      ${tenants.length === 0 ? "" : table(tenants)}
      <p class="small">Health is what SuperOffice said when it was last asked, which is when a ticket
      was needed. Only tenants that your key’s entry names are listed; the ledger’s entries
      are those of all tenants, whatever it names.</p>
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

function summary(tenants: readonly TenantCard[], isPart: boolean): Html {
  const troubled = tenants.filter((tenant) => !isWell(tenant)).length;
  if (tenants.length === 0) return html`There are no ${isPart ? "more " : ""}tenants to show.`;
  return html`${plural(tenants.length, "tenant")}${isPart ? " on this page" : ""}, ${
    troubled === 0
      ? "all of them connected and running."
      : html`<strong>${plural(troubled, "needs", "need")} attention</strong>.`
  }`;
}

function isWell({ health, state }: TenantCard): boolean {
  return health === "connected" && state === "Running";
}

function table(tenants: readonly TenantCard[]): Html {
  return listing({
    label: "Tenants in the order of consent",
    kind: "tenants",
    columns: [
      { name: "Tenant" },
      { name: "Company", style: "wide" },
      { name: "Health" },
      { name: "State" },
      { name: "Consented (UTC)", style: "time" },
      { name: "By", style: "wide" },
    ],
    rows: tenants.map(cells),
  });
}

function cells(tenant: TenantCard): readonly (Html | string)[] {
  const { contextIdentifier, companyName, consentedAt, consentedBy } = tenant;
  return [
    html`
      <a class="target" href="/console/entries?tenant=${contextIdentifier}"
        title="Entries of ${contextIdentifier}">${contextIdentifier}</a>
    `,
    companyName,
    health(tenant),
    tenant.state === "Running" ? tenant.state : state("bad", tenant.state),
    instantAt(consentedAt),
    consentedBy,
  ];
}

/** In words, and since when unless all is well. */
function health({ health, healthReason, healthSince }: TenantCard): Html {
  if (health === "connected") return state("good", "connected");
  return html`${state("bad", health.replaceAll("_", " "))}
<span class="small">${healthReason.replaceAll("_", " ")}, since ${instantAt(healthSince)}</span>`;
}
