/**
 * The levers of the Developer Portal: what an app's vendor registers. The portal holds one secret and
 * one key of each app: a new one ends the old one at once.
 */
import { type Body, flag, text, type Verb, type Verbs } from "../../control/verbs.ts";
import {
  type App,
  createApp,
  type NewApp,
  newClientSecret,
  type Registration,
  registrationOf,
} from "../app.ts";
import { fingerprintOf, type KeyFingerprint, parseAppPublicKey } from "../app_key.ts";
import { requireRedirectUrl } from "../redirect_urls.ts";
import { requireApp, type World } from "../world.ts";
import { clientId, clientIdOf } from "./of_app.ts";

/** The app is the first one unless it is named. */
export interface RegistrationLevers {
  /** A new app without key and addresses. Throws on a name the portal refuses. */
  registerApp(app: NewApp): { readonly client_id: string; readonly client_secret: string };
  apps(): readonly AppView[];
  /** PEM or RSAXML, public or private; only the public half is kept. */
  registerPublicKey(key: string, clientId?: string): void;
  /** To the letter, or a pattern when it begins with `^`. */
  registerRedirectUrl(url: string, clientId?: string): void;
  registerPostLogoutUrl(url: string, clientId?: string): void;
  /** Where changes of tenants are told; null: nowhere. */
  registerStateChangeUrl(url: string | null, clientId?: string): void;
  /** Where people are sent who declined; null: back to the app with an OAuth error. */
  registerErrorUrl(url: string | null, clientId?: string): void;
  /** The old secret stops at once. @param secret the new one; made if not given */
  replaceClientSecret(clientId?: string, secret?: string): { readonly client_secret: string };
}

/** A registration as the portal shows it. */
export interface AppView extends Registration {
  readonly public_key: KeyFingerprint | null;
  readonly system_token: boolean;
  readonly native: boolean;
}

export function registrationLevers(world: World): RegistrationLevers {
  const change = (clientId: string | undefined, make: (app: App) => void) => {
    make(requireApp(world, clientId));
    world.changed();
  };
  return {
    registerApp(options) {
      const app = createApp(options);
      world.state.apps.set(app.clientId, app);
      world.changed();
      return { client_id: app.clientId, client_secret: app.clientSecret };
    },
    apps: () => [...world.state.apps.values()].map(viewOf),
    registerPublicKey(key, clientId) {
      const publicKey = parseAppPublicKey(key);
      change(clientId, (app) => app.publicKey = publicKey);
    },
    registerRedirectUrl: (url, clientId) =>
      change(clientId, (app) => add(app.redirectUrls, requireRedirectUrl(url))),
    registerPostLogoutUrl: (url, clientId) =>
      change(clientId, (app) => add(app.postLogoutUrls, requireRedirectUrl(url))),
    registerStateChangeUrl: (url, clientId) =>
      change(
        clientId,
        (app) => app.stateChangeUrl = url === null ? undefined : requireAddress(url),
      ),
    registerErrorUrl: (url, clientId) =>
      change(clientId, (app) => app.errorUrl = url === null ? undefined : requireAddress(url)),
    replaceClientSecret(clientId, client_secret = newClientSecret()) {
      change(clientId, (app) => app.clientSecret = client_secret);
      return { client_secret };
    },
  };
}

export function registrationVerbs(levers: RegistrationLevers): Verbs {
  return {
    register_app: {
      takes: ["name", "vendor?", "authorize_text?", "native?", "system_token?"],
      call: (body) => levers.registerApp(newAppOf(body)),
    },
    apps: { takes: [], reads: true, call: () => levers.apps() },
    register_public_key: ofApp("key", (body, app) => {
      levers.registerPublicKey(text(body, "key"), app);
    }),
    register_redirect_url: ofApp("url", (body, app) => {
      levers.registerRedirectUrl(text(body, "url"), app);
    }),
    register_post_logout_url: ofApp("url", (body, app) => {
      levers.registerPostLogoutUrl(text(body, "url"), app);
    }),
    register_state_change_url: ofApp("url", (body, app) => {
      levers.registerStateChangeUrl(body.url === null ? null : text(body, "url"), app);
    }),
    register_error_url: ofApp("url", (body, app) => {
      levers.registerErrorUrl(body.url === null ? null : text(body, "url"), app);
    }),
    replace_client_secret: {
      takes: [`${clientId}?`, "client_secret?"],
      call: (body) =>
        levers.replaceClientSecret(
          clientIdOf(body),
          "client_secret" in body ? text(body, "client_secret") : undefined,
        ),
    },
  };
}

function ofApp(member: string, call: (body: Body, app: string | undefined) => void): Verb {
  return { takes: [member, `${clientId}?`], call: (body) => call(body, clientIdOf(body)) };
}

function newAppOf(body: Body): NewApp {
  return {
    name: text(body, "name"),
    ...("vendor" in body ? { vendor: text(body, "vendor") } : {}),
    ...("authorize_text" in body ? { authorizeText: text(body, "authorize_text") } : {}),
    ...("native" in body ? { isNative: flag(body, "native") } : {}),
    ...("system_token" in body ? { hasSystemToken: flag(body, "system_token") } : {}),
  };
}

function add(urls: string[], url: string): void {
  if (!urls.includes(url)) urls.push(url);
}

/** Where something is sent: a pattern would not do. */
function requireAddress(url: string): string {
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isWeb) throw new Error(`Cannot register ${url}: not an absolute URL of http or https`);
  return url;
}

function viewOf(app: App): AppView {
  return {
    ...registrationOf(app),
    public_key: app.publicKey ? fingerprintOf(app.publicKey) : null,
    system_token: app.hasSystemToken,
    native: app.isNative,
  };
}
