/**
 * The part of every login that a person sees: sign in, choose a tenant, approve. The same for the
 * OpenID Connect and the legacy login. Keeps no session: each answer comes with the whole request.
 */
import type { App } from "./app.ts";
import type { Params } from "./params.ts";
import { approvalPage, type HiddenFields, signInPage, tenantListPage } from "./pages.ts";
import { approve } from "./authorization.ts";
import { parseContextIdentifier, type Person, type Tenant } from "./tenant.ts";
import { findPerson, isAuthorized, type World } from "./world.ts";

/** What came of one step: a page to show, a refusal to approve, or a person in a tenant. */
export type SignIn =
  | { readonly kind: "page"; readonly page: ReturnType<typeof signInPage> }
  | { readonly kind: "cancelled" }
  | { readonly kind: "done"; readonly person: Person; readonly tenant: Tenant };

/**
 * Goes as far as `params` allow. `repeat` is the request itself; `tenantHint` limits the tenants to one
 * (of any spelling).
 */
export function signIn(
  world: World,
  params: Params,
  request: {
    app: App;
    repeat: HiddenFields;
    tenantHint: string | undefined;
    loginHint: string | undefined;
  },
): SignIn {
  const { app } = request;
  const repeat = [...request.repeat];
  const showSignIn = (chosen: Person | undefined, banner?: string): SignIn => ({
    kind: "page",
    page: signInPage({
      people: world.state.people,
      chosen: chosen ?? world.state.people[0] as Person,
      hidden: repeat,
      ...(banner === undefined ? {} : { banner }),
    }),
  });
  const username = params.get("username");
  if (username === undefined) return showSignIn(findPerson(world, request.loginHint ?? ""));
  const person = findPerson(world, username);
  if (!person) return showSignIn(undefined, "Unknown user name.");
  repeat.push(["username", person.username]);

  const tenants = tenantsFor(world, person, request.tenantHint);
  const wanted = parseContextIdentifier(params.get("tenant") ?? "");
  const tenant = tenants.length === 1
    ? tenants[0]
    : tenants.find(({ contextIdentifier }) => contextIdentifier === wanted);
  if (tenants.length === 0) return showSignIn(person, noAccess);
  if (!tenant) return { kind: "page", page: tenantListPage({ tenants, hidden: repeat }) };
  repeat.push(["tenant", tenant.contextIdentifier]);

  if (isAuthorized(world, app, tenant.contextIdentifier)) return { kind: "done", person, tenant };
  if (!person.administrator) return showSignIn(person, noAccess);
  const decision = params.get("decision");
  if (decision === "cancel") return { kind: "cancelled" };
  if (decision !== "approve") {
    return { kind: "page", page: approvalPage({ app, tenant, hidden: repeat }) };
  }
  approve(world, app, tenant.contextIdentifier, person.username);
  return { kind: "done", person, tenant };
}

const noAccess = "Your account does not have access to this application.";

/** Where the person belongs, or the one of these that the request names. */
function tenantsFor(world: World, person: Person, hint: string | undefined): Tenant[] {
  const own = [...world.state.tenants.values()].filter(({ state, contextIdentifier }) =>
    state !== "Deleted" && (person.tenants?.includes(contextIdentifier) ?? true)
  );
  if (hint === undefined) return own;
  const wanted = parseContextIdentifier(hint);
  return own.filter(({ contextIdentifier }) => contextIdentifier === wanted);
}
