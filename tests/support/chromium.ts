/**
 * A real Chromium for tests, by playwright-core: what a page asked for, what the console said, and what
 * it looks like. Ends with `close`.
 */

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { requireProgram } from "./requirement.ts";

/** No sandbox: build machines run as root. The rest keeps Chromium from calling home. */
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
  .concat(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);

/** @throws Error if Chromium is missing */
export async function startChromium(): Promise<Browser> {
  const executablePath = requireProgram("chromium");
  return await chromium.launch({ executablePath, args: FLAGS });
}

/** How long a page may take on a busy machine before a test gives it up. */
const PATIENCE_MS = 15_000;

/** A page in a browser of its own: no cookie of any other. */
export async function inBrowser<T>(
  browser: Browser,
  deed: (page: Page) => Promise<T>,
  options: BrowserContextOptions,
): Promise<T> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    return await deed(await context.newPage());
  } finally {
    await context.close();
  }
}

/** What happened on a page since it was opened. */
export interface Witness {
  /** Console errors and warnings, page errors, failed requests, each as one line. */
  readonly complaints: string[];
  /** Addresses asked for, in order. */
  readonly requests: URL[];
}

/** Watches a page from now on. */
export function witness(page: Page): Witness {
  const complaints: string[] = [];
  const requests: URL[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      complaints.push(`${message.type()} at ${message.location().url}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("request", (request) => requests.push(new URL(request.url())));
  return { complaints, requests };
}

/** Runs the steps of a test in their order, on one stage. */
export async function runSteps<Stage>(
  test: Deno.TestContext,
  steps: Readonly<Record<string, (stage: Stage) => Promise<void>>>,
  stage: Stage,
): Promise<void> {
  for (const [name, fn] of Object.entries(steps)) {
    // The browser outlives each step; the whole test is checked for leaks at its end.
    const shared = { sanitizeOps: false, sanitizeResources: false };
    await test.step({ name, fn: () => fn(stage), ...shared });
  }
}
