/**
 * An app as its vendor registers it in the Developer Portal: one client id, one secret and one public
 * key at a time, the addresses it may be called at, and what its tokens may carry.
 */
import type { KeyObject } from "node:crypto";
import { hex } from "./random.ts";

export interface App {
  readonly clientId: string;
  /** Identifies the app at the exchange and at tenants' web services. One at a time, no overlap. */
  clientSecret: string;
  readonly name: string;
  /** The company that the approval page names as the app's maker. */
  readonly vendor: string;
  /** The app's own paragraph on the approval page. */
  readonly authorizeText: string;
  /** What signed system user tokens are verified with. */
  publicKey: KeyObject | undefined;
  readonly redirectUrls: string[];
  readonly postLogoutUrls: string[];
  /** Where SuperOffice tells that a tenant changed. */
  stateChangeUrl: string | undefined;
  /** Where a person is sent who declined. */
  errorUrl: string | undefined;
  /** Whether its tokens carry the system user token: switched on for server-to-server apps. */
  readonly hasSystemToken: boolean;
  /** Redeems codes without a secret, and only with PKCE. */
  readonly isNative: boolean;
}

export interface NewApp {
  readonly name: string;
  readonly vendor?: string;
  readonly authorizeText?: string;
  readonly isNative?: boolean;
  readonly hasSystemToken?: boolean;
}

/** A new registration with nothing but its names. Throws on a name the portal would refuse. */
export function createApp(options: NewApp): App {
  const { name, vendor = `${name} Makers AS`, isNative = false, hasSystemToken = true } = options;
  if (!isAppName(name)) {
    throw new Error(`Cannot register app ${name}: its name is empty, too long or has a mark`);
  }
  const { authorizeText = `${name} wants a system user in your SuperOffice.` } = options;
  return {
    clientId: hex(32),
    clientSecret: newClientSecret(),
    name,
    vendor,
    authorizeText,
    publicKey: undefined,
    redirectUrls: [],
    postLogoutUrls: [],
    stateChangeUrl: undefined,
    errorUrl: undefined,
    hasSystemToken,
    isNative,
  };
}

/** What the portal and a snapshot tell of an app alike; keys and capabilities each tells its own way. */
export interface Registration {
  readonly client_id: string;
  readonly client_secret: string;
  readonly name: string;
  readonly vendor: string;
  readonly authorize_text: string;
  readonly redirect_urls: readonly string[];
  readonly post_logout_urls: readonly string[];
  readonly state_change_url: string | null;
  readonly error_url: string | null;
}

/** Of an app as it is now: later changes do not show. */
export function registrationOf(app: App): Registration {
  return {
    client_id: app.clientId,
    client_secret: app.clientSecret,
    name: app.name,
    vendor: app.vendor,
    authorize_text: app.authorizeText,
    redirect_urls: [...app.redirectUrls],
    post_logout_urls: [...app.postLogoutUrls],
    state_change_url: app.stateChangeUrl ?? null,
    error_url: app.errorUrl ?? null,
  };
}

/** 32 hexadecimal digits. */
export function newClientSecret(): string {
  return hex(32);
}

/** The portal's rule. Without a dot in the name, a signed token always has three parts. */
function isAppName(name: string): boolean {
  return name.trim() !== "" && name.length <= 64 && !/[.:;?*~#%|=\\/{}<>'"]/.test(name);
}
