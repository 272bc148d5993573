/**
 * The consent in a real Chromium. The service is at `http://localhost`, SuperOffice at
 * `http://127.0.0.1`: two sites, so the form post that ends a consent is a cross-site one and a browser's
 * own rules about cookies, policies and forms apply.
 */

import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { APPEARANCE, type Appearance } from "../support/appearance.ts";
import { inBrowser as openPage, runSteps, startChromium, witness } from "../support/chromium.ts";
import { requires } from "../support/requirement.ts";
import { startService, TENANT, type TestService } from "../support/service.ts";

interface Stage {
  readonly service: TestService;
  readonly browser: Browser;
}

const NARROW = { width: 320, height: 640 };
const DESKTOP = { width: 1280, height: 900 };

/** Wide, unless the options say otherwise. */
const inBrowser = <T>(
  { browser }: Stage,
  deed: (page: Page) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> => openPage(browser, deed, { viewport: DESKTOP, ...options });

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** Signs in and approves; ends where SuperOffice sends the browser back. */
async function approve(page: Page, start: string | URL): Promise<void> {
  await page.goto(String(start));
  if (await page.getByRole("button", { name: "Connect SuperOffice" }).count() > 0) {
    await press(page, "Connect SuperOffice");
  }
  await press(page, "Sign in");
  if (await page.getByRole("button", { name: "I approve" }).count() > 0) {
    await press(page, "I approve");
  }
}

const isCallback = (response: { url(): string }) =>
  new URL(response.url()).pathname === "/consent/callback";

/** Sends a form that came from elsewhere, as a page of another site would. */
async function submit(page: Page, html: string, button: string) {
  await page.setContent(html);
  const [response] = await Promise.all([page.waitForResponse(isCallback), press(page, button)]);
  await page.waitForLoadState();
  return response;
}

const heading = (page: Page) => page.getByRole("heading", { level: 1 }).innerText();

/** Requests that found nothing so far. */
const missed = ({ service }: Stage) =>
  service.log.lines.filter(({ fields }) => fields.status === 404).length;

async function tenantStatus({ service }: Stage): Promise<number> {
  const response = await service.call(`/v1/tenants/${TENANT}`);
  await response.body?.cancel();
  return response.status;
}

/** Everything asked for came from the two parties; nobody complained; nothing was missing. */
function assertQuiet(stage: Stage, { complaints, requests }: ReturnType<typeof witness>): void {
  const { service } = stage;
  // The stand-in has no favicon, as its log-in pages are nobody's product; ours must not miss one.
  const own = complaints.filter((line) => !line.includes(`${service.simulator.url}/favicon.ico`));
  assert.deepEqual(own, []);
  const origins = new Set(requests.map((url) => url.origin));
  assert.deepEqual(origins, new Set([service.url.origin, service.simulator.url]));
  const refused = service.log.lines.filter(({ event }) => event === "http.refused");
  assert.deepEqual(refused, []);
}

const STEPS: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async "an administrator connects with scripts on, across two sites"(stage) {
    const { service } = stage;
    await inBrowser(stage, async (page) => {
      const seen = witness(page);
      const callback = page.waitForRequest(isCallback);
      // It is awaited at the end; until then another failure must be the one that is told.
      callback.catch(() => {});
      await page.goto(service.url.href);
      await press(page, "Connect SuperOffice");
      assert.equal(new URL(page.url()).origin, service.simulator.url);
      const [bound] = await page.context().cookies();
      await press(page, "Sign in");
      await press(page, "I approve");
      await page.waitForURL("**/consent/done");
      assert.equal(await heading(page), "Your SuperOffice is connected");
      const text = await page.getByRole("main").innerText();
      assert.match(text, new RegExp(TENANT));
      assert.match(text, /Example Tenant AS/);
      assertQuiet(stage, seen);

      const cookies = await page.context().cookies();
      assert.equal(cookies.length, 1);
      const [cookie] = cookies;
      assert.deepEqual(
        { ...cookie, value: "", expires: 0 },
        {
          name: "box-office",
          value: "",
          domain: "localhost",
          path: "/",
          expires: 0,
          httpOnly: true,
          secure: true,
          sameSite: "None",
        },
      );
      const sent = await (await callback).allHeaders();
      assert.equal((await callback).method(), "POST");
      assert.equal(sent["sec-fetch-site"], "cross-site");
      assert.equal(sent.cookie, `box-office=${bound!.value}`);
    });
  },

  async "a browser without scripts gets there by pressing Continue"(stage) {
    await inBrowser(stage, async (page) => {
      const seen = witness(page);
      await approve(page, stage.service.url);
      await press(page, "Continue");
      await page.waitForURL("**/consent/done");
      assert.match(await page.getByRole("main").innerText(), new RegExp(TENANT));
      assertQuiet(stage, seen);
    }, { javaScriptEnabled: false });
  },

  async "the keyboard alone is enough"(stage) {
    await inBrowser(stage, async (page) => {
      stage.service.simulator.control.revoke(TENANT);
      await page.goto(stage.service.url.href);
      await page.keyboard.press("Tab");
      const focused = page.locator(":focus");
      assert.equal(await focused.innerText(), "Connect SuperOffice");
      const outline = await page.evaluate<string>(
        "getComputedStyle(document.activeElement).outline",
      );
      assert.match(outline, /solid 3px$/);
      await page.keyboard.press("Enter");
      await page.waitForURL(`${stage.service.simulator.url}/**`);
      for (const name of ["Sign in", "I approve"]) {
        await tabTo(page, name);
        await page.keyboard.press("Enter");
      }
      await page.waitForURL("**/consent/done");
    });
  },

  async "a consent that another browser finishes is refused with a page, and stores nothing"(
    stage,
  ) {
    await remove(stage);
    await inBrowser(stage, async (first) => {
      await approve(first, stage.service.url);
      const form = await first.content();
      await inBrowser(stage, async (second) => {
        const response = await submit(second, form, "Continue");
        assert.equal(response.status(), 403);
        assert.equal(await heading(second), "This is another browser");
        assert.equal((await second.context().cookies()).length, 0);
      }, { javaScriptEnabled: false });
      assert.equal(await tenantStatus(stage), 404);

      const late = await submit(first, form, "Continue");
      assert.equal(late.status(), 400);
      assert.equal(await heading(first), "This attempt is over");
      assert.equal(await tenantStatus(stage), 404);

      await press(first, "Connect SuperOffice");
      await press(first, "Sign in");
      await press(first, "Continue");
      await first.waitForURL("**/consent/done");
      assert.equal(await tenantStatus(stage), 200);
    }, { javaScriptEnabled: false });
  },

  async "a binding cookie of somebody else's choosing does not finish a consent"(stage) {
    await remove(stage);
    await inBrowser(stage, async (first) => {
      await approve(first, stage.service.url);
      const form = await first.content();
      await inBrowser(stage, async (second) => {
        await second.goto(new URL("/consent", stage.service.url).href);
        assert.equal((await second.context().cookies()).length, 1);
        const response = await submit(second, form, "Continue");
        assert.equal(response.status(), 403);
        assert.equal(await tenantStatus(stage), 404);
      }, { javaScriptEnabled: false });
    }, { javaScriptEnabled: false });
  },

  async "every page fits 320 px and a desktop, in light and dark, with readable text"(stage) {
    const before = missed(stage);
    await inBrowser(stage, async (page) => {
      for (const [title, arrive] of Object.entries(PAGES)) {
        await arrive(page, stage);
        assert.equal(await heading(page), title);
        // A title is there before its stylesheet is.
        await page.waitForLoadState("load");
        assert.equal(await page.title(), `${title} – Box Office`);
        const backgrounds = new Set<string>();
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          for (const viewport of [NARROW, DESKTOP]) {
            await page.setViewportSize(viewport);
            const seen = await page.evaluate<Appearance>(APPEARANCE);
            assert.ok(seen.width <= viewport.width, `${title}: ${seen.width} px wide`);
            assert.deepEqual(seen.faint, [], `${title} in ${colorScheme}`);
            assert.deepEqual(seen.small, [], title);
            assert.deepEqual([seen.lang, seen.headings, seen.mains], ["en", 1, 1], title);
            backgrounds.add(seen.background);
          }
        }
        assert.equal(backgrounds.size, 2, `${title} looks the same in light and dark`);
      }
    }, { javaScriptEnabled: false });
    // The one address that is not there on purpose: no icon, font or picture is missed.
    assert.equal(missed(stage) - before, 1);
  },

  async "when SuperOffice does not answer, the page says so with 503 and Retry-After"(stage) {
    await inBrowser(stage, async (page) => {
      await approve(page, stage.service.url);
      const form = await page.content();
      await stage.service.simulator.close();
      const response = await submit(page, form, "Continue");
      assert.equal(response.status(), 503);
      assert.match(response.headers()["retry-after"] ?? "", /^\d+$/);
      assert.equal(await heading(page), "Please try again in a minute");
    }, { javaScriptEnabled: false });
  },
};

/** Tab, not the mouse: the button is reached in a few steps or not at all. */
async function tabTo(page: Page, name: string): Promise<void> {
  const button = page.getByRole("button", { name, exact: true });
  await button.waitFor();
  for (let steps = 0; steps < 6; steps++) {
    await page.keyboard.press("Tab");
    if (await page.locator(":focus").innerText().catch(() => "") === name) return;
  }
  assert.fail(`${name} is not reached with Tab`);
}

async function remove({ service }: Stage): Promise<void> {
  await (await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" })).body?.cancel();
}

const form = (stage: Stage, fields: string) =>
  `<form method="post" action="${new URL("/consent/callback", stage.service.url)}">${fields}
   <button>Continue</button></form>`;

/** Ways to each page of the service, by its title. */
const PAGES: Readonly<Record<string, (page: Page, stage: Stage) => Promise<unknown>>> = {
  "Connect your SuperOffice": (page, { service }) => page.goto(service.url.href),
  "Nothing to show": (page, { service }) => page.goto(new URL("/consent/done", service.url).href),
  "There is nothing here": (page, { service }) =>
    page.goto(new URL("/consent/nowhere", service.url).href),
  "That did not work": (page, { service }) =>
    page.goto(new URL("/consent?tenant=nonsense", service.url).href),
  "This attempt is over": (page, { service }) =>
    page.goto(new URL("/consent/callback?code=x&state=y", service.url).href),
  "This way is closed": (page, stage) =>
    submit(page, form(stage, `<input type="hidden" name="JWT" value="x">`), "Continue"),
  async "Nothing was approved"(page, { service }) {
    service.simulator.control.revoke(TENANT);
    await page.goto(service.url.href);
    await press(page, "Connect SuperOffice");
    await press(page, "Sign in");
    await press(page, "Cancel");
    await press(page, "Continue");
  },
  async "The sign-in could not be verified"(page, { service }) {
    service.simulator.control.set({ idToken: { claims: { iss: "https://elsewhere.example" } } });
    await approve(page, service.url);
    await press(page, "Continue");
    service.simulator.control.resetSwitches();
  },
  async "An administrator has to approve"(page, { service }) {
    service.simulator.control.set({ idToken: { claims: { [SYSTEM_TOKEN]: null } } });
    await approve(page, service.url);
    await press(page, "Continue");
    service.simulator.control.resetSwitches();
  },
  async "Your SuperOffice is connected"(page, { service }) {
    await approve(page, service.url);
    await press(page, "Continue");
  },
  async "This tenant looks different"(page, { service }) {
    service.simulator.control.set({ idToken: { claims: { [SERIAL]: "9999999999" } } });
    await approve(page, service.url);
    await press(page, "Continue");
    service.simulator.control.resetSwitches();
  },
  async "That was another tenant"(page, { service }) {
    service.simulator.control.set({ idToken: { claims: { [CONTEXT]: "Cust54321" } } });
    await approve(page, new URL(`/consent?tenant=${TENANT}`, service.url));
    await press(page, "Continue");
    service.simulator.control.resetSwitches();
  },
};

const CLAIMS = "http://schemes.superoffice.net/identity";
const [SYSTEM_TOKEN, SERIAL, CONTEXT] = [
  `${CLAIMS}/system_token`,
  `${CLAIMS}/serial`,
  `${CLAIMS}/ctx`,
];

Deno.test({
  name: "in a real Chromium",
  ...requires("chromium"),
  async fn(t) {
    const service = await startService();
    const browser = await startChromium();
    try {
      await runSteps(t, STEPS, { service, browser });
    } finally {
      await browser.close();
      await service.close();
    }
  },
});
