/**
 * A consent taken apart: begun as a browser begins it, its state, nonce and cookie in the hands of
 * the test, which then posts to the callback what it likes.
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { TestService } from "./service.ts";

/** The administrator that every simulated SuperOffice has. */
export const ADMINISTRATOR = "admin@example.test";

/** A consent that a browser has begun. */
export interface Begun {
  readonly state: string;
  readonly nonce: string;
  /** `name=value` */
  readonly cookie: string;
  /** Where SuperOffice would ask. */
  readonly location: URL;
}

/** `GET /consent` at any instance. */
export async function begin(url: URL, tenant?: string, cookie?: string): Promise<Begun> {
  const address = new URL("/consent", url);
  if (tenant !== undefined) address.searchParams.set("tenant", tenant);
  const response = await fetch(address, {
    redirect: "manual",
    headers: cookie === undefined ? {} : { cookie },
  });
  await response.body?.cancel();
  assert.equal(response.status, 302);
  const location = new URL(response.headers.get("location")!);
  const set = response.headers.getSetCookie()[0]!.split(";")[0]!;
  const { state, nonce } = Object.fromEntries(location.searchParams);
  return { state: state!, nonce: nonce!, cookie: set, location };
}

/** Signs in and approves at SuperOffice. @returns the code that the browser would bring back */
export async function codeOf(location: URL, tenant?: string): Promise<string> {
  const address = new URL(location);
  address.searchParams.set("response_mode", "query");
  const body = new URLSearchParams({ username: ADMINISTRATOR, decision: "approve" });
  if (tenant !== undefined) body.set("tenant", tenant);
  const response = await fetch(address, { method: "POST", body, redirect: "manual" });
  await response.body?.cancel();
  const code = new URL(response.headers.get("location") ?? "").searchParams.get("code");
  assert.ok(code);
  return code;
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export async function send(url: URL, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: "manual", ...init });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** Posts a form to the callback. */
export function postForm(
  url: URL,
  fields: Readonly<Record<string, string>> | string,
  cookie?: string,
): Promise<Answer> {
  return send(new URL("/consent/callback", url), {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      ...(cookie === undefined ? {} : { cookie }),
    },
    body: typeof fields === "string" ? fields : new URLSearchParams(fields).toString(),
  });
}

/** All that an answer shows: status line, headers but the binding cookie, body. */
export function textOf({ status, headers, body }: Answer): string {
  const shown = [...headers].filter(([name]) => name !== "set-cookie");
  return [status, ...shown.map((header) => header.join(": ")), "", body].join("\n");
}

/** Reads the embedded store directly. */
export function query(service: { readonly dataDir: string }, sql: string) {
  const database = new DatabaseSync(`${service.dataDir}/box-office.sqlite`, { readOnly: true });
  try {
    return database.prepare(sql).all().map((row) => ({ ...row }) as Record<string, unknown>);
  } finally {
    database.close();
  }
}

/** Changes the embedded store directly, for example to make it fail. */
export function alter(service: { readonly dataDir: string }, sql: string): void {
  const database = new DatabaseSync(`${service.dataDir}/box-office.sqlite`);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

/** All that a consent would change: what the API lists, what the file holds, what is on record. */
export async function remembered(service: TestService): Promise<unknown> {
  const { tenants } = await (await service.call("/v1/tenants")).json();
  return {
    listed: tenants,
    tenants: query(service, "SELECT * FROM tenants ORDER BY sequence"),
    tickets: query(service, "SELECT * FROM tickets"),
    finished: query(service, "SELECT * FROM consent_finished"),
    consents: query(service, 'SELECT * FROM ledger_leaves WHERE leaf LIKE \'%"kind":"consent"%\''),
  };
}

/** A page for a person, whatever was wrong: refused, safe to show, with nothing of a secret. */
export function assertRefusalPage(answer: Answer): void {
  assert.ok(answer.status >= 400 && answer.status < 500, `status ${answer.status}`);
  assertSafePage(answer);
}

/** Refused because it was brought before, which often worked: what is connected can be looked at. */
export function assertOffersLook({ body }: Answer): void {
  assert.ok(body.includes("If you have just seen that it is connected, all is well."));
  assert.match(body, /<a class="button quiet" href="\/consent\/done">See what is connected<\/a>/);
}

/** HTML under the strict policy: no script, no style of its own, no foreign host. */
export function assertSafePage({ headers, body }: Answer): void {
  assert.match(headers.get("content-type") ?? "", /^text\/html; charset=utf-8$/i);
  const policy = headers.get("content-security-policy") ?? "";
  for (const rule of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
    assert.ok(policy.includes(rule), `no ${rule} in "${policy}"`);
  }
  assert.doesNotMatch(policy, /unsafe|script-src|data:|\*/);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.equal(headers.get("referrer-policy"), "no-referrer");
  assert.doesNotMatch(body, /<script|<style|<iframe|\son[a-z]+=|\sstyle=|javascript:|https?:\/\//i);
}
