/**
 * The console in a real Chromium: signing in and out by hand and by keys, with scripts and without, and
 * how every page looks in light and dark, on a narrow screen and a wide one.
 */

import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { openStores } from "../../src/parts_stores.ts";
import { APPEARANCE, type Appearance } from "../support/appearance.ts";
import { axeFindings, CONTRAST } from "../support/axe.ts";
import { inBrowser as openPage, runSteps, startChromium, witness } from "../support/chromium.ts";
import { appendEntries, attemptEntries, KEY_VERSION } from "../support/ledger_past.ts";
import { requires } from "../support/requirement.ts";
import { API_KEY, startService, TENANT, type TestService } from "../support/service.ts";
import { addStoredTenant } from "../support/stored_tenants.ts";

interface Stage {
  readonly service: TestService;
  readonly browser: Browser;
}

const NARROW = { width: 320, height: 640 };
const DESKTOP = { width: 1400, height: 900 };
const HOUR = 3_600_000;

const inBrowser = <T>(
  { browser }: Stage,
  deed: (page: Page) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> => openPage(browser, deed, { viewport: DESKTOP, ...options });

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const heading = (page: Page) => page.getByRole("heading", { level: 1 }).innerText();
const open = (page: Page, { service }: Stage, path: string) =>
  page.goto(new URL(path, service.url).href);

async function signIn(page: Page, stage: Stage): Promise<void> {
  await open(page, stage, "/console");
  assert.equal(await heading(page), "Sign in");
  await page.getByLabel("Key of a caller").fill(API_KEY);
  await press(page, "Sign in");
  await page.waitForURL(new URL("/console", stage.service.url).href);
}

/** In, through every page, and out again. */
async function lookAround(page: Page, stage: Stage): Promise<void> {
  const { complaints, requests } = witness(page);
  await signIn(page, stage);
  assert.equal(await heading(page), "Overview");
  await page.getByRole("link", { name: "Entries", exact: true }).click();
  await page.getByLabel("Kind").selectOption("sign_intent");
  await page.getByLabel("Tenant").fill("cust10001");
  await press(page, "Show");
  const rows = page.getByRole("row");
  assert.equal(await rows.count(), 51);
  await rows.nth(1).locator("summary").click();
  assert.match(await rows.nth(1).locator("dl").innerText(), /digest_sha256\s+[0-9a-f]{64}/);
  await page.getByRole("link", { name: "Older entries" }).click();
  assert.ok(await rows.count() > 1);
  assert.match(await rows.nth(1).innerText(), /Cust10001/);
  await page.getByRole("link", { name: "Tenants", exact: true }).click();
  await page.getByRole("link", { name: TENANT }).click();
  assert.equal(await page.getByLabel("Tenant").inputValue(), TENANT);
  await press(page, "Sign out");
  assert.equal(await heading(page), "Sign in");
  assert.deepEqual(await page.context().cookies(), []);
  await open(page, stage, "/console/tenants");
  assert.equal(await heading(page), "Sign in");
  assert.deepEqual(complaints, []);
  assert.deepEqual([...new Set(requests.map(({ origin }) => origin))], [stage.service.url.origin]);
  assert.ok(requests.every((url) => !url.href.includes(API_KEY)));
}

const STEPS: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  "an auditor looks around with scripts on": (stage) =>
    inBrowser(stage, (page) => lookAround(page, stage)),

  "and without scripts": (stage) =>
    inBrowser(stage, (page) => lookAround(page, stage), { javaScriptEnabled: false }),

  "the session's cookie is out of reach for scripts and other sites": (stage) =>
    inBrowser(stage, async (page) => {
      await signIn(page, stage);
      assert.equal(await page.evaluate("document.cookie"), "");
      const [cookie, ...others] = await page.context().cookies();
      assert.deepEqual(others, []);
      assert.deepEqual({ ...cookie, value: "", expires: 0 }, {
        name: "box-office-console",
        value: "",
        domain: "localhost",
        path: "/console",
        expires: 0,
        httpOnly: true,
        secure: true,
        sameSite: "Strict",
      });
      const left = cookie!.expires - Date.now() / 1000;
      assert.ok(left > 800 && left <= 900, `${left} s`);
      assert.ok(!(await page.content()).includes(API_KEY));
    }),

  "a form on another site neither signs in nor out": (stage) =>
    inBrowser(stage, async (page) => {
      await signIn(page, stage);
      for (const path of ["/console/sign-out", "/console/sign-in"]) {
        const address = new URL(path, stage.service.url).href;
        // A page of no site at all, with no policy that would keep its form back.
        await page.goto("about:blank");
        await page.setContent(
          `<form method="post" action="${address}"><input name="credential" value="${API_KEY}">
          <button>Go</button></form>`,
        );
        const [response] = await Promise.all([
          page.waitForResponse((it) => it.url() === address),
          press(page, "Go"),
        ]);
        assert.equal(response.status(), 403);
        assert.equal((await response.request().allHeaders())["sec-fetch-site"], "cross-site");
      }
      await open(page, stage, "/console");
      assert.equal(await heading(page), "Overview");
    }),

  "the keyboard alone is enough, in the order of the page": (stage) =>
    inBrowser(stage, async (page) => {
      await open(page, stage, "/console/sign-in");
      const focused = () => page.evaluate<string>(FOCUSED);
      await page.keyboard.press("Tab");
      assert.equal(await focused(), "Skip to the content");
      await page.keyboard.press("Tab");
      assert.equal(await focused(), "credential");
      await page.keyboard.type(API_KEY);
      await page.keyboard.press("Enter");
      await page.waitForURL(new URL("/console", stage.service.url).href);
      const order: string[] = [];
      for (let steps = 0; steps < 11; steps++) {
        await page.keyboard.press("Tab");
        order.push(await focused());
        assert.match(await page.evaluate<string>(OUTLINE), /solid 3px$/, order.join());
      }
      assert.deepEqual(order, [
        "Skip to the content",
        "Overview",
        "Entries",
        "Tenants",
        "Sign out",
        "Numbers of “last 24 hours”",
        "Numbers of “last 30 days”",
        "Numbers of “last 24 hours”",
        "Numbers of “last 30 days”",
        "Numbers of “last 24 hours”",
        "Numbers of “last 30 days”",
      ]);
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      assert.match(await focused(), /^Last 30 days: /);
      await page.keyboard.press("Tab");
      assert.equal(await focused(), "Latest entries: table");
    }),

  "charts are pictures with a name, and every number is in a table": (stage) =>
    inBrowser(stage, async (page) => {
      await signIn(page, stage);
      const charts = page.getByRole("img");
      assert.equal(await charts.count(), 6);
      const days = page.getByRole("img", { name: `Last 30 days: ${KEY_VERSION}` });
      assert.equal(await days.count(), 1);
      const figure = page.locator("figure", { has: days });
      assert.match(await figure.locator("figcaption").innerText(), /40 signed, 10 failed, 10 open/);
      await figure.locator("summary").click();
      const total = figure.getByRole("row").last();
      assert.match(await total.innerText(), /All\s+40\s+10\s+10/);
      const heights = await figure.locator("rect").evaluateAll((all) =>
        all.map((it) => Number(it.getAttribute("height")))
      );
      assert.ok(heights.length > 0 && heights.every((height) => height >= 3));
    }),

  "on a phone every member of an entry and of a tenant can be read without scrolling sideways": (
    stage,
  ) =>
    inBrowser(stage, async (page) => {
      await signIn(page, stage);
      const rows = [
        ["/console", "Latest entries", 10],
        ["/console/entries?kind=canaries", "Entries, newest first", 2],
        ["/console/tenants", "Tenants in the order of consent", 3],
      ] as const;
      for (const [path, name, length] of rows) {
        await open(page, stage, path);
        const table = page.getByRole("table", { name });
        assert.equal(await table.getByRole("row").count(), length + 1, path);
        assert.equal(await table.getByRole("rowheader").count(), length, path);
        const { hidden, labels, headers } = await page.evaluate<Cells>(CELLS);
        assert.deepEqual(hidden, [], path);
        assert.deepEqual(labels, headers, path);
      }
      await open(page, stage, "/console/entries?kind=canaries");
      const [, row] = await page.getByRole("row").all();
      assert.match(await row!.innerText(), /sign_outcome\s+canary\s+canary\s/);
    }, { viewport: NARROW }),

  "every page fits 320 px and a desktop, in light and dark, with readable text": (stage) =>
    inBrowser(stage, async (page) => {
      await looksGood(page, stage, "/console/sign-in", "Sign in");
      await signIn(page, stage);
      await looksGood(page, stage, "/console", "Overview");
      await looksGood(page, stage, "/console/entries", "Entries");
      await looksGood(page, stage, "/console/entries?tenant=x", "Entries");
      await looksGood(page, stage, "/console/tenants", "Tenants");
      await looksGood(page, stage, "/console/nowhere", "There is nothing here");
    }),
};

const FOCUSED = `(() => {
  const it = document.activeElement;
  return it.getAttribute("aria-label") ?? (it.id || it.innerText.trim());
})()`;

const OUTLINE = "getComputedStyle(document.activeElement).outline";

const OPEN_ALL = "document.querySelectorAll('details').forEach((it) => { it.open = true; })";

/**
 * Bars and outlines against what cards and header are of (WCAG 2.2, 1.4.11: 3:1), and what is written in
 * charts (1.4.6: 7:1), which axe-core cannot judge.
 */
const GRAPHICS = `(() => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((x) => x / 255)
      .map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const of = [one, other].map(luminance);
    return (Math.max(...of) + 0.05) / (Math.min(...of) + 0.05);
  };
  const styles = (selector) => [...document.querySelectorAll(selector)].map(getComputedStyle);
  const paper = getComputedStyle(document.querySelector("header")).backgroundColor;
  const faint = styles(".chart text").map(({ fill }) => fill)
    .filter((color) => contrast(color, paper) < 7);
  return [
    ...styles(".chart .signed").map(({ fill }) => fill),
    ...styles(".chart .failed, .chart .open, .chart .base").map(({ stroke }) => stroke),
    ...styles("input, select, button").map(({ borderTopColor, backgroundColor, borderTopStyle }) =>
      borderTopColor.endsWith(", 0)") ? backgroundColor : borderTopColor),
  ].filter((color) => contrast(color, paper) < 3).concat(faint);
})()`;

interface Cells {
  /** Cells that are beyond the screen, or have no room. */
  readonly hidden: readonly string[];
  /** What the first row's cells are called, and what the columns are. */
  readonly labels: readonly string[];
  readonly headers: readonly string[];
}

const CELLS = `(() => {
  const table = document.querySelector(".listing");
  return {
  hidden: [...table.querySelectorAll("tbody th, tbody td")].filter((it) => {
    const { left, right, width, height } = it.getBoundingClientRect();
    return left < 0 || right > 320 || width < 100 || height < 15 || it.scrollWidth > it.clientWidth;
  }).map((it) => it.outerHTML),
  labels: [...table.querySelectorAll("tbody tr:first-child > *")].map((it) => it.dataset.label),
  headers: [...table.querySelectorAll("thead th")].map((it) => it.textContent),
  };
})()`;

async function looksGood(page: Page, stage: Stage, path: string, title: string): Promise<void> {
  await open(page, stage, path);
  await page.waitForLoadState("load");
  await page.evaluate(OPEN_ALL);
  assert.equal(await heading(page), title);
  assert.equal(await page.title(), `${title} – Box Office console`);
  const backgrounds = new Set<string>();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const viewport of [NARROW, DESKTOP]) {
      await page.setViewportSize(viewport);
      const where = `${path} in ${colorScheme} at ${viewport.width} px`;
      const seen = await page.evaluate<Appearance>(APPEARANCE);
      assert.ok(seen.width <= viewport.width, `${where}: ${seen.width} px wide`);
      assert.deepEqual(seen.faint, [], where);
      assert.deepEqual(seen.small, [], where);
      assert.deepEqual(await page.evaluate(GRAPHICS), [], where);
      assert.deepEqual([seen.lang, seen.headings, seen.mains], ["en", 1, 1], where);
      // Each scheme and each width once. Of texts in charts and of single digits axe-core is not sure:
      // the two above are.
      if ((colorScheme === "light") === (viewport === NARROW)) {
        assert.deepEqual(await axeFindings(page, CONTRAST), [], where);
      }
      backgrounds.add(seen.background);
    }
  }
  assert.equal(backgrounds.size, 2, `${path} looks the same in light and dark`);
  await page.emulateMedia({ colorScheme: "light" });
}

/** Two key versions of the past, a third that signed just now, and more tenants than one. */
async function fill(service: TestService): Promise<void> {
  const stores = await openStores(service.config);
  try {
    const results = ["signed", "signed", "signed", "signed", "failed", null] as const;
    const attempts = Array.from({ length: 120 }, (_, place) => ({
      at: Date.now() - (120 - place) * HOUR,
      name: `attempt-${place}`,
      result: results[place % 6]!,
      tenant: "Cust10001",
      keyVersion: place % 12 < 6 ? KEY_VERSION : KEY_VERSION.replace(/3$/, "4"),
    }));
    await appendEntries(stores.ledger, attempts.flatMap(attemptEntries));
    const canary = { at: Date.now(), name: "canary", result: "signed" } as const;
    const nobody = { caller: null, context_identifier: null };
    await appendEntries(
      stores.ledger,
      attemptEntries({ ...canary, keyVersion: KEY_VERSION.replace(/3$/, "4") })
        .map((entry) => ({ ...entry, ...nobody })),
    );
    for (const number of [10001, 10002]) await addStoredTenant({ stores }, number);
  } finally {
    stores.close();
  }
  await service.consent();
  await (await service.call(`/v1/tenants/${TENANT}/ticket`)).text();
}

Deno.test({
  name: "the console in a real Chromium",
  ...requires("chromium"),
  async fn(t) {
    const service = await startService();
    const browser = await startChromium();
    try {
      await fill(service);
      await runSteps(t, STEPS, { service, browser });
    } finally {
      await browser.close();
      await service.close();
    }
  },
});
