/**
 * The consent in a real Chromium, step by step. The service is at `http://localhost`, SuperOffice at
 * `http://127.0.0.1`: two sites, so the form post that ends a consent is a cross-site one and a browser's
 * own rules about cookies, policies and forms apply.
 */

import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page, Response } from "playwright-core";
import { inBrowser as openPage, type Witness } from "./chromium.ts";
import { TENANT, type TestService } from "./service.ts";

/** What the steps of a test share. */
export interface Stage {
  readonly service: TestService;
  readonly browser: Browser;
}

export const NARROW = { width: 320, height: 640 };
export const DESKTOP = { width: 1400, height: 900 };

/** A page in a browser of its own; wide, unless the options say otherwise. */
export const inBrowser = <T>(
  { browser }: Stage,
  deed: (page: Page) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> => openPage(browser, deed, { viewport: DESKTOP, ...options });

/** Presses the button of this name. */
export const press = (page: Page, name: string) =>
  page.getByRole("button", { name, exact: true }).click();

export const heading = (page: Page) => page.getByRole("heading", { level: 1 }).innerText();

/** True for what comes back from SuperOffice. */
export const isCallback = (message: { url(): string }) =>
  new URL(message.url()).pathname === "/consent/callback";

/** Signs in and approves; ends where SuperOffice sends the browser back. */
export async function approve(page: Page, start: string | URL): Promise<void> {
  await page.goto(String(start));
  if (await page.getByRole("button", { name: "Connect SuperOffice" }).count() > 0) {
    await press(page, "Connect SuperOffice");
  }
  await press(page, "Sign in");
  if (await page.getByRole("button", { name: "I approve" }).count() > 0) {
    await press(page, "I approve");
  }
}

/** Sends a form that came from elsewhere, as a page of another site would. */
export async function submit(page: Page, html: string, button: string): Promise<Response> {
  await page.setContent(html);
  const [response] = await Promise.all([page.waitForResponse(isCallback), press(page, button)]);
  await page.waitForLoadState();
  return response;
}

export async function tenantStatus({ service }: Stage): Promise<number> {
  const response = await service.call(`/v1/tenants/${TENANT}`);
  await response.body?.cancel();
  return response.status;
}

export async function removeTenant({ service }: Stage): Promise<void> {
  await (await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" })).body?.cancel();
}

/** Everything asked for came from the two parties; nobody complained; nothing was missing. */
export function assertQuiet({ service }: Stage, { complaints, requests }: Witness): void {
  // The stand-in has no favicon, as its log-in pages are nobody's product; ours must not miss one.
  const own = complaints.filter((line) => !line.includes(`${service.simulator.url}/favicon.ico`));
  assert.deepEqual(own, []);
  const origins = new Set(requests.map((url) => url.origin));
  assert.deepEqual(origins, new Set([service.url.origin, service.simulator.url]));
  const refused = service.log.lines.filter(({ event }) => event === "http.refused");
  assert.deepEqual(refused, []);
}
