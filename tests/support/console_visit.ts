/**
 * A visitor of the console without a browser: forms as one of our pages sends them, a cookie, and a service
 * whose callers may or may not come in.
 */

import assert from "node:assert/strict";
import { compose } from "../../src/compose.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { type Answer, assertSafePage, send } from "./callback.ts";
import { API_KEY, startService, TENANT, type TestService } from "./service.ts";

/** What a browser sends with a form of our own. */
export const OWN = { "sec-fetch-site": "same-origin" };

export function postConsole(
  url: URL,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = OWN,
): Promise<Answer> {
  const type = { "content-type": "application/x-www-form-urlencoded" };
  return send(new URL(path, url), { method: "POST", headers: { ...type, ...headers }, body });
}

export function signInWith(
  url: URL,
  key: string,
  headers: Readonly<Record<string, string>> = OWN,
): Promise<Answer> {
  const body = new URLSearchParams({ credential: key }).toString();
  return postConsole(url, "/console/sign-in", body, headers);
}

/** @returns `name=value` of a session that was just begun */
export async function sessionCookie(url: URL, key = API_KEY): Promise<string> {
  const answer = await signInWith(url, key);
  assert.equal(answer.status, 303, answer.body);
  assert.equal(answer.headers.get("location"), "/console");
  return cookieOf(answer);
}

/** @returns `name=value` of the cookie that an answer sets */
export function cookieOf({ headers }: Answer): string {
  const [set, ...others] = headers.getSetCookie();
  assert.equal(others.length, 0);
  return set!.split(";")[0]!;
}

export function visit(url: URL, path: string, cookie: string | null): Promise<Answer> {
  return send(new URL(path, url), { headers: cookie === null ? {} : { cookie } });
}

/** A key that is long enough, and tells whose it is. */
export const keyOf = (name: string) => `bo_test_key_of_${name}_000000000000000000`;

/** One of each kind that the console treats in its own way. */
export const CONSOLE_CALLERS = [
  { id: "everything", key: API_KEY, tenants: ["*"], may: ["ticket", "relay", "tenants", "ledger"] },
  { id: "auditor", key: keyOf("auditor"), tenants: ["*"], may: ["ledger"] },
  { id: "other", key: keyOf("other"), tenants: ["*"], may: ["ticket", "relay", "tenants"] },
  { id: "narrow", key: keyOf("narrow"), tenants: ["Cust2"], may: ["ledger"] },
  {
    id: "rare",
    key: keyOf("rare"),
    tenants: ["*"],
    may: ["ledger"],
    requests_per_minute: 2,
  },
].map(({ key, ...caller }) => ({ ...caller, api_key_sha256: [sha256Hex(key)] }));

/** Pages that belong to a session. */
export const CONSOLE_PAGES = ["/console", "/console/entries", "/console/tenants"];

/** A service with one tenant that has got a ticket. */
export async function withConsole(test: (service: TestService) => Promise<void>): Promise<void> {
  const service = await startService({ callers: CONSOLE_CALLERS });
  try {
    await service.consent();
    await (await service.call(`/v1/tenants/${TENANT}/ticket`)).text();
    await test(service);
  } finally {
    await service.close();
  }
}

/** The same store, sealing keys and ledger, asked without a network. */
export async function withRestarted(
  service: TestService,
  bend: Partial<Parameters<typeof compose>[0]>,
  deed: (ask: (path: string, cookie: string) => Promise<Response>) => Promise<void>,
): Promise<void> {
  const restarted = await compose({
    config: service.config,
    publicUrl: service.url,
    superoffice: service.config.superoffice!,
    callers: service.config.callers!,
    log: service.log,
    ...bend,
  });
  try {
    await deed(async (path, cookie) =>
      await restarted.fetch(new Request(new URL(path, service.url), { headers: { cookie } }))
    );
  } finally {
    await restarted.close();
  }
}

const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; " +
  "form-action 'self'";

/** One of the console's own pages, under its policy. */
export function assertPage(answer: Answer, status: number, heading: string): void {
  assert.equal(answer.status, status, answer.body);
  // The one address that a page may name: in a command, to be copied.
  const body = answer.body.replaceAll(/ledger verify --service https?:\/\/[\w.:-]+ /g, "");
  assertSafePage({ ...answer, body });
  assert.equal(answer.headers.get("content-security-policy"), POLICY);
  assert.match(answer.body, new RegExp(`<h1>${heading}</h1>`));
}
