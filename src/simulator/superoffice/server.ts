/**
 * The simulated SuperOffice CRM Online on three loopback listeners: the log-in host (identity provider,
 * token exchange, tenant states, levers) and two hosts for the web services of tenants, which move from
 * one to the other. It is for laptops and tests: it asks for no password and gives its secrets away.
 */
import type { Hono } from "hono";
import { parseAppPublicKey } from "./app_key.ts";
import { mountAuthorize } from "./authorize.ts";
import { mountControl, type Verbs } from "../control/verbs.ts";
import { createControl, type SuperOfficeControl, verbsOf } from "./control.ts";
import { mountDiscovery } from "./discovery.ts";
import { mountExchangeRest } from "./exchange_rest.ts";
import { mountExchangeSoap } from "./exchange_soap.ts";
import { createHost, mountWebServices } from "./hosts.ts";
import { mountLegacyLogin } from "./legacy.ts";
import { listen } from "./listeners.ts";
import { mountPage } from "./page/mount.ts";
import { mountTenantState } from "./tenant_state.ts";
import { mountTokenEndpoint } from "./token_endpoint.ts";
import { requireRedirectUrl } from "./redirect_urls.ts";
import { readSnapshot } from "./snapshot.ts";
import { createState, firstApp, type State } from "./state.ts";
import { createWorld, type World } from "./world.ts";

export interface SuperOfficeOptions {
  /** Of the log-in host. 0 or absent: any free one. */
  readonly port?: number;
  /** Of the two tenant hosts. 0: any free one. */
  readonly tenantPorts?: readonly [number, number];
  /** The app's key as registered in the Developer Portal: PEM or RSAXML, 1024–4096 bits. */
  readonly publicKeyPem?: string;
  /** Registered redirect URLs; loopback ones are always accepted. */
  readonly redirectUrls?: readonly string[];
  /** Milliseconds; default `Date.now`. */
  readonly clock?: () => number;
  /** A Cloud KMS stand-in: its levers are mounted beside SuperOffice's, and the page shows it. */
  readonly kms?: { readonly url: string; readonly verbs: Verbs };
  /** What `onChange` was last given: the same vendor again. The other options win over it. */
  readonly snapshot?: string;
  /** Called after every durable change with all of it, secrets included. Not for codes and access tokens. */
  readonly onChange?: (snapshot: string) => void;
  /** Tells once of all changes within so many milliseconds, and before it closes; default: of each. */
  readonly changeDelayMs?: number;
}

export interface SuperOfficeSimulator {
  /** Origin and issuer: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Origins of the hosts where tenants live: at the first unless they were moved. */
  readonly tenantUrls: readonly [string, string];
  /** Of the first app, as everything here that names none. */
  readonly clientId: string;
  /** The one in force: it can be replaced. */
  readonly clientSecret: string;
  readonly appName: string;
  readonly control: SuperOfficeControl;
  /** Ends delayed and silent answers, pushes under way and the listeners. */
  close(): Promise<void>;
}

/** Starts a simulator on 127.0.0.1. Throws when a port is taken or the key is none. */
export async function startSuperOffice(
  options: SuperOfficeOptions = {},
): Promise<SuperOfficeSimulator> {
  const { snapshot, clock = Date.now, onChange, changeDelayMs = 0 } = options;
  const state = snapshot === undefined ? await createState() : readSnapshot(snapshot);
  register(state, options);
  const closing = new AbortController();
  const listeners = await listen([options.port ?? 0, ...options.tenantPorts ?? [0, 0]]);
  const [url, ...tenantUrls] = listeners.urls as [string, string, string];
  const world = createWorld({
    url,
    tenantUrls,
    state,
    clock,
    onChange,
    changeDelayMs,
    closing: closing.signal,
  });
  const control = createControl(world);
  const loginHost = createLoginHost(world, control, options.kms);
  const tenantHost = createTenantHost(world);
  listeners.answerWith((request, listener) =>
    listener === 0 ? loginHost.fetch(request) : tenantHost.fetch(request)
  );
  world.changed();
  return {
    url,
    tenantUrls,
    get clientId() {
      return firstApp(state).clientId;
    },
    get clientSecret() {
      return firstApp(state).clientSecret;
    },
    get appName() {
      return firstApp(state).name;
    },
    control,
    async close() {
      closing.abort();
      await listeners.close();
      await control.settled();
    },
  };
}

function register(state: State, { publicKeyPem, redirectUrls = [] }: SuperOfficeOptions): void {
  const app = firstApp(state);
  if (publicKeyPem !== undefined) app.publicKey = parseAppPublicKey(publicKeyPem);
  for (const redirectUrl of redirectUrls.map(requireRedirectUrl)) {
    if (!app.redirectUrls.includes(redirectUrl)) app.redirectUrls.push(redirectUrl);
  }
}

function createLoginHost(
  world: World,
  control: SuperOfficeControl,
  kms: SuperOfficeOptions["kms"],
): Hono {
  const app = createHost(world);
  mountDiscovery(app, world);
  mountAuthorize(app, world);
  mountTokenEndpoint(app, world);
  mountLegacyLogin(app, world);
  mountExchangeRest(app, world);
  mountExchangeSoap(app, world);
  mountTenantState(app, world);
  mountWebServices(app, world);
  const verbs = { ...verbsOf(control), ...kms?.verbs };
  mountControl(app, verbs);
  mountPage(app, { world, control, verbs, kmsUrl: kms?.url });
  return app;
}

function createTenantHost(world: World): Hono {
  const app = createHost(world);
  mountWebServices(app, world);
  return app;
}
