/**
 * The simulated SuperOffice CRM Online: identity provider, token exchange and the web services of its
 * tenants on one loopback listener. Paths are read as ASP.NET does, in any case and with trailing
 * slashes. It is for laptops and tests: it asks for no password and gives its secrets away.
 */
import { Hono } from "hono";
import { parseAppPublicKey } from "./app_key.ts";
import { mountAuthorize } from "./authorize.ts";
import { mountControl } from "../control/verbs.ts";
import { createControl, type SuperOfficeControl, verbsOf } from "./control.ts";
import { mountDiscovery } from "./discovery.ts";
import { mountExchangeRest } from "./exchange_rest.ts";
import { mountExchangeSoap } from "./exchange_soap.ts";
import { mountLegacyLogin } from "./legacy.ts";
import { mountTenantApi } from "./tenant_api.ts";
import { mountTenantSoap } from "./tenant_soap.ts";
import { mountTenantState } from "./tenant_state.ts";
import { mountTokenEndpoint } from "./token_endpoint.ts";
import { readSnapshot } from "./snapshot.ts";
import { createState, firstApp, type State } from "./state.ts";
import { createWorld, type World } from "./world.ts";

export interface SuperOfficeOptions {
  /** 0 or absent: any free one. */
  readonly port?: number;
  /** The app's key as registered in the Developer Portal: PEM or RSAXML, 1024–4096 bits. */
  readonly publicKeyPem?: string;
  /** Registered redirect URLs; loopback ones are always accepted. */
  readonly redirectUrls?: readonly string[];
  /** Milliseconds; default `Date.now`. */
  readonly clock?: () => number;
  /** What `onChange` was last given: the same vendor again. The other options win over it. */
  readonly snapshot?: string;
  /** Called after every durable change with all of it, secrets included. Not for codes and access tokens. */
  readonly onChange?: (snapshot: string) => void;
}

export interface SuperOfficeSimulator {
  /** Origin and issuer: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Of the first app, as everything here that names none. */
  readonly clientId: string;
  /** The one in force: it can be replaced. */
  readonly clientSecret: string;
  readonly appName: string;
  readonly control: SuperOfficeControl;
  /** Ends delayed and silent answers, then the listener. */
  close(): Promise<void>;
}

/** Starts a simulator on 127.0.0.1. Throws when the port is taken or the key is none. */
export async function startSuperOffice(
  options: SuperOfficeOptions = {},
): Promise<SuperOfficeSimulator> {
  const { snapshot, clock = Date.now, onChange } = options;
  const state = snapshot === undefined ? await createState() : readSnapshot(snapshot);
  register(state, options);
  const closing = new AbortController();
  let app = new Hono();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: options.port ?? 0, onListen: () => {} },
    (request) => app.fetch(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const world = createWorld({ url, state, clock, onChange, closing: closing.signal });
  const control = createControl(world);
  app = createApp(world, control);
  world.changed();
  return {
    url,
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
      await server.shutdown();
    },
  };
}

function register(state: State, { publicKeyPem, redirectUrls = [] }: SuperOfficeOptions): void {
  const app = firstApp(state);
  if (publicKeyPem !== undefined) app.publicKey = parseAppPublicKey(publicKeyPem);
  for (const redirectUrl of redirectUrls) {
    if (!app.redirectUrls.includes(redirectUrl)) app.redirectUrls.push(redirectUrl);
  }
}

function createApp(world: World, control: SuperOfficeControl): Hono {
  const app = new Hono({ getPath: plainPath });
  app.use(async (c, next) => {
    await next();
    // Clients measure their own clock against this header.
    c.header("date", new Date(world.now()).toUTCString());
  });
  app.notFound((c) => c.text("Not found", 404));
  app.onError((_error, c) => c.text("The simulator failed", 500));
  mountDiscovery(app, world);
  mountAuthorize(app, world);
  mountTokenEndpoint(app, world);
  mountLegacyLogin(app, world);
  mountExchangeRest(app, world);
  mountExchangeSoap(app, world);
  mountTenantState(app, world);
  mountTenantApi(app, world);
  mountTenantSoap(app, world);
  mountControl(app, verbsOf(control));
  return app;
}

/** The path in lower case, without doubled or trailing slashes. */
function plainPath(request: Request): string {
  const path = new URL(request.url).pathname.toLowerCase().replace(/\/+/g, "/");
  return path.length > 1 ? path.replace(/\/$/, "") : path;
}
