/**
 * The durable state as text and back. Reads what an older release wrote too: its sandbox must be the
 * same vendor after an update. Holds secrets: keep the text private.
 */
import { parseAppPublicKey, publicPemOf } from "./app_key.ts";
import { type App, createApp, type Registration, registrationOf } from "./app.ts";
import { readLoginKey } from "./login_key.ts";
import { authorizationKey, defaultPeople, type RefreshToken, type State } from "./state.ts";
import type { Authorization, Person, Tenant } from "./tenant.ts";
import type { TicketRow } from "./tickets.ts";
import type { ContactEntity } from "./world.ts";

/** JSON from which `readSnapshot` makes the same state again, without tickets that ended before `now`. */
export function writeSnapshot(state: State, now: number): string {
  const alive = [...state.tickets].filter(([, { until }]) => now < until);
  const snapshot: Snapshot = {
    version: 2,
    apps: [...state.apps.values()].map(writeApp),
    people: state.people,
    tenants: [...state.tenants.values()],
    authorizations: [...state.authorizations.values()],
    login_keys: state.loginKeys.map((key) => key.pem),
    refresh_tokens: [...state.refreshTokens],
    tickets: alive.slice(-mostTickets),
    contacts: [...state.contacts].map(([tenant, entities]) => [tenant, [...entities.values()]]),
  };
  return JSON.stringify(snapshot);
}

/** Reads what `writeSnapshot` of this or the first version wrote. Throws when it is something else. */
export function readSnapshot(text: string): State {
  try {
    return read(text);
  } catch {
    // What went wrong may quote the text, and the text holds secrets.
    throw new Error("Cannot read simulator snapshot: damaged");
  }
}

function read(text: string): State {
  const given = JSON.parse(text) as Partial<Snapshot> | Partial<FirstSnapshot> | null;
  const snapshot = given?.version === 1
    ? fromFirst(given)
    : given?.version === 2
    ? given
    : undefined;
  const [current, ...older] = (snapshot?.login_keys ?? []).map(readLoginKey);
  const apps = (snapshot?.apps ?? []).map(readApp);
  const isWhole = apps.length > 0 && snapshot?.people?.length !== 0;
  if (!snapshot || !current || !isWhole) {
    throw new Error("Cannot read simulator snapshot: no vendor");
  }
  const { tenants = [], authorizations = [] } = snapshot;
  return {
    apps: new Map(apps.map((app) => [app.clientId, app])),
    people: [...snapshot.people ?? defaultPeople()],
    tenants: new Map(tenants.map((tenant) => [tenant.contextIdentifier, tenant])),
    authorizations: new Map(authorizations.map((record) => [
      authorizationKey(record.clientId, record.contextIdentifier),
      record,
    ])),
    loginKeys: [current, ...older],
    refreshTokens: new Map(snapshot.refresh_tokens ?? []),
    tickets: new Map(snapshot.tickets ?? []),
    contacts: new Map(
      (snapshot.contacts ?? []).map(([tenant, entities]) => [
        tenant,
        new Map(entities.map((entity) => [entity.ContactId, entity])),
      ]),
    ),
  };
}

/** Every exchange makes one, and every change writes all. */
const mostTickets = 1000;

interface Snapshot {
  readonly version: 2;
  readonly apps: readonly AppSnapshot[];
  readonly people: readonly Person[];
  readonly tenants: readonly Tenant[];
  readonly authorizations: readonly Authorization[];
  readonly login_keys: readonly string[];
  readonly refresh_tokens: readonly (readonly [string, RefreshToken])[];
  readonly tickets: readonly (readonly [string, TicketRow])[];
  readonly contacts: readonly (readonly [string, readonly ContactEntity[]])[];
}

type AppSnapshot =
  & Pick<Registration, "client_id" | "client_secret" | "name">
  & Partial<Registration>
  & {
    readonly public_key?: string | null;
    readonly has_system_token?: boolean;
    readonly is_native?: boolean;
  };

function writeApp(app: App): AppSnapshot {
  return {
    ...registrationOf(app),
    public_key: app.publicKey ? publicPemOf(app.publicKey) : null,
    has_system_token: app.hasSystemToken,
    is_native: app.isNative,
  };
}

function readApp(app: AppSnapshot): App {
  const { name, vendor, authorize_text: authorizeText } = app;
  return {
    ...createApp({
      name,
      ...(vendor === undefined ? {} : { vendor }),
      ...(authorizeText === undefined ? {} : { authorizeText }),
      hasSystemToken: app.has_system_token ?? true,
      isNative: app.is_native ?? false,
    }),
    clientId: app.client_id,
    clientSecret: app.client_secret,
    publicKey: app.public_key ? parseAppPublicKey(app.public_key) : undefined,
    redirectUrls: [...app.redirect_urls ?? []],
    postLogoutUrls: [...app.post_logout_urls ?? []],
    stateChangeUrl: app.state_change_url ?? undefined,
    errorUrl: app.error_url ?? undefined,
  };
}

/** Of the release that knew one app. */
interface FirstSnapshot {
  readonly version: 1;
  readonly client_id: string;
  readonly client_secret: string;
  readonly app_name: string;
  readonly app_vendor: string;
  readonly app_public_key: string | null;
  readonly redirect_urls: readonly string[];
  readonly people: readonly Person[];
  readonly tenants: readonly Tenant[];
  readonly authorizations: readonly Omit<Authorization, "clientId">[];
  readonly login_keys: readonly string[];
  readonly refresh_tokens: readonly (readonly [string, Omit<RefreshToken, "clientId">])[];
}

function fromFirst(first: Partial<FirstSnapshot>): Partial<Snapshot> {
  const { client_id: clientId, client_secret: clientSecret } = first;
  if (!clientId || !clientSecret) return {};
  const app: AppSnapshot = {
    client_id: clientId,
    client_secret: clientSecret,
    name: first.app_name ?? "Box Office",
    vendor: first.app_vendor ?? "Box Office Makers AS",
    public_key: first.app_public_key ?? null,
    redirect_urls: first.redirect_urls ?? [],
    // There was one list for both.
    post_logout_urls: first.redirect_urls ?? [],
  };
  return {
    apps: [app],
    ...(first.people ? { people: first.people } : {}),
    tenants: first.tenants ?? [],
    authorizations: (first.authorizations ?? []).map((record) => ({ ...record, clientId })),
    login_keys: first.login_keys ?? [],
    refresh_tokens: (first.refresh_tokens ?? [])
      .map(([token, of]) => [token, { ...of, clientId }] as const),
  };
}
