/**
 * The consent in a real Chromium, from the first page to the last one: with scripts and without, in several
 * languages, on a narrow screen and a wide one, by keys alone, and in the wrong browser.
 */

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Language } from "../../src/http/language.ts";
import { WORDS } from "../../src/http/words/words.ts";
import { runSteps, startChromium, witness } from "../support/chromium.ts";
import {
  approve,
  assertQuiet,
  DESKTOP,
  heading,
  inBrowser,
  isCallback,
  NARROW,
  press,
  removeTenant,
  type Stage,
  submit,
  tenantStatus,
} from "../support/consent_browser.ts";
import { requires } from "../support/requirement.ts";
import { startService, TENANT } from "../support/service.ts";

/** Nothing is beyond the right edge. */
async function assertFits(page: Page, width: number): Promise<void> {
  const widest = await page.evaluate<number>("document.documentElement.scrollWidth");
  assert.ok(widest <= width, `${page.url()} is ${widest} px wide`);
}

/** The whole way, by hand. Without scripts SuperOffice asks for one press more. */
async function connect(
  stage: Stage,
  { language, width, scripts }: { language: Language; width: number; scripts: boolean },
): Promise<void> {
  await removeTenant(stage);
  stage.service.simulator.control.revoke(TENANT);
  const words = WORDS[language];
  await inBrowser(stage, async (page) => {
    const seen = witness(page);
    await page.goto(new URL(`/?lang=${language}`, stage.service.url).href);
    await assertFits(page, width);
    await press(page, words.connect);
    await press(page, "Sign in");
    await press(page, "I approve");
    if (!scripts) await press(page, "Continue");
    await page.waitForURL("**/consent/done");
    // Chosen on the first page, and not lost at SuperOffice.
    assert.equal(await heading(page), words.connected.title);
    const text = await page.getByRole("main").innerText();
    assert.match(text, new RegExp(`${words.tenant}\\s+${TENANT}`));
    assert.match(text, new RegExp(`${words.company}\\s+Example Tenant AS`));
    await assertFits(page, width);
    await page.getByRole("link", { name: WORDS.fi.name, exact: true }).click();
    assert.equal(await heading(page), WORDS.fi.connected.title);
    assert.match(await page.getByRole("main").innerText(), new RegExp(TENANT));
    assertQuiet(stage, seen);
  }, {
    javaScriptEnabled: scripts,
    viewport: { width, height: 700 },
    locale: "sv-SE",
  });
  assert.equal(await tenantStatus(stage), 200);
}

/** Each pair of language, width and scripts is there once. */
const WAYS = [
  { language: "nb", width: NARROW.width, scripts: true },
  { language: "nb", width: DESKTOP.width, scripts: false },
  { language: "de", width: NARROW.width, scripts: false },
  { language: "de", width: DESKTOP.width, scripts: true },
] as const;

const STEPS: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async "the form post from another site brings the binding cookie along"(stage) {
    await inBrowser(stage, async (page) => {
      const seen = witness(page);
      const callback = page.waitForRequest(isCallback);
      // It is awaited at the end; until then another failure must be the one that is told.
      callback.catch(() => {});
      await page.goto(stage.service.url.href);
      await press(page, "Connect SuperOffice");
      assert.equal(new URL(page.url()).origin, stage.service.simulator.url);
      const [bound] = await page.context().cookies();
      await press(page, "Sign in");
      await press(page, "I approve");
      await page.waitForURL("**/consent/done");
      assert.equal(await heading(page), "Your SuperOffice is connected");
      assertQuiet(stage, seen);

      const cookies = await page.context().cookies();
      assert.equal(cookies.length, 1);
      const [cookie] = cookies;
      assert.deepEqual({ ...cookie, value: "", expires: 0 }, {
        name: "box-office",
        value: "",
        domain: "localhost",
        path: "/",
        expires: 0,
        httpOnly: true,
        secure: true,
        sameSite: "None",
      });
      const sent = await (await callback).allHeaders();
      assert.equal((await callback).method(), "POST");
      assert.equal(sent["sec-fetch-site"], "cross-site");
      assert.equal(sent.cookie, `box-office=${bound!.value}`);
      assert.equal(await page.evaluate("document.cookie"), "");
    });
  },

  ...Object.fromEntries(WAYS.map((way) => [
    `an administrator connects in ${way.language}, at ${way.width} px, ` +
    `with scripts ${way.scripts ? "on" : "off"}`,
    (stage: Stage) => connect(stage, way),
  ])),

  "a browser's own language is enough": (stage) =>
    inBrowser(stage, async (page) => {
      await page.goto(stage.service.url.href);
      await press(page, WORDS.da.connect);
      await press(page, "Sign in");
      await page.waitForURL("**/consent/done");
      assert.equal(await heading(page), WORDS.da.renewed.title);
      const [cookie] = await page.context().cookies();
      assert.match(cookie!.value, /^[\w-]{43}$/);
    }, { locale: "da-DK" }),

  async "the keyboard alone is enough"(stage) {
    await inBrowser(stage, async (page) => {
      stage.service.simulator.control.revoke(TENANT);
      await page.goto(stage.service.url.href);
      await page.keyboard.press("Tab");
      const focused = page.locator(":focus");
      assert.equal(await focused.innerText(), "Connect SuperOffice");
      const names: string[] = [];
      for (let steps = 0; steps < 7; steps++) {
        assert.match(await page.evaluate<string>(OUTLINE), /solid 3px$/);
        await page.keyboard.press("Tab");
        names.push(await focused.innerText());
      }
      assert.deepEqual(names, Object.values(WORDS).map(({ name }) => name));
      await page.keyboard.press("Enter");
      await tabTo(page, WORDS.fi.connect);
      await page.keyboard.press("Enter");
      await page.waitForURL(`${stage.service.simulator.url}/**`);
      for (const name of ["Sign in", "I approve"]) {
        await tabTo(page, name);
        await page.keyboard.press("Enter");
      }
      await page.waitForURL("**/consent/done");
      assert.equal(await heading(page), WORDS.fi.renewed.title);
    });
  },

  async "a consent that another browser finishes is refused with a page, and stores nothing"(
    stage,
  ) {
    await removeTenant(stage);
    await inBrowser(stage, async (first) => {
      await approve(first, stage.service.url);
      const form = await first.content();
      await inBrowser(stage, async (second) => {
        const response = await submit(second, form, "Continue");
        assert.equal(response.status(), 403);
        assert.equal(await heading(second), "This browser could not be recognized");
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
    await removeTenant(stage);
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

const OUTLINE = "getComputedStyle(document.activeElement).outline";

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

Deno.test({
  name: "the consent in a real Chromium",
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
