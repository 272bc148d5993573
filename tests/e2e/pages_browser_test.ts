/**
 * Every page of tenant administrators in a real Chromium, reached as people reach it: how it looks in light
 * and dark, narrow and wide, and that axe-core finds nothing, in two languages.
 */

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Language } from "../../src/http/language.ts";
import { type Names, type Refused, WORDS, type Words } from "../../src/http/words/words.ts";
import { APPEARANCE, type Appearance } from "../support/appearance.ts";
import { axeFindings } from "../support/axe.ts";
import { runSteps, startChromium, witness } from "../support/chromium.ts";
import {
  approve,
  DESKTOP,
  heading,
  inBrowser,
  NARROW,
  press,
  type Stage,
  submit,
} from "../support/consent_browser.ts";
import { PREFIX } from "../support/forge.ts";
import { requires } from "../support/requirement.ts";
import { startService, TENANT } from "../support/service.ts";

const NAMES: Names = { app: "Acme Sync", vendor: "Acme AS" };

/** Everything that a page can be made of, but the logo. */
const ENV = {
  APP_NAME: "Acme Sync",
  APP_VENDOR: "Acme AS",
  APP_PRIVACY_URL: "https://acme.example/privacy",
  APP_SUPPORT_URL: "mailto:help@acme.example",
};

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40">
<style>rect { fill: #174; }</style><rect width="120" height="40"/></svg>`;

/** Where SuperOffice's answer leads to. */
const BACK = /\/consent\/(?:callback|done)$/;

const open = (page: Page, { service }: Stage, path: string) =>
  page.goto(new URL(path, service.url).href);

/** Signs in, approves if asked, and is back: SuperOffice's last page sends itself. */
async function consent(page: Page, { service }: Stage, path = "/"): Promise<void> {
  await approve(page, new URL(path, service.url));
  await page.waitForURL(BACK);
}

/** The same with an id token that says something else. */
async function bent(
  page: Page,
  stage: Stage,
  claim: string,
  value: string | null,
  path = "/",
): Promise<void> {
  stage.service.simulator.control.set({ idToken: { claims: { [claim]: value } } });
  await consent(page, stage, path);
  stage.service.simulator.control.resetSwitches();
}

const legacy = (page: Page, { service }: Stage) =>
  submit(
    page,
    `<form method="post" action="${new URL("/consent/callback", service.url)}">
     <input type="hidden" name="JWT" value="x"><button>Continue</button></form>`,
    "Continue",
  );

async function withoutCookies(page: Page, stage: Stage): Promise<void> {
  await open(page, stage, "/consent");
  await page.context().clearCookies();
  await press(page, "Sign in");
  await press(page, "I approve");
  await page.waitForURL(BACK);
}

async function cancelled(page: Page, stage: Stage): Promise<void> {
  stage.service.simulator.control.revoke(TENANT);
  await open(page, stage, "/consent");
  await press(page, "Sign in");
  await press(page, "Cancel");
  await page.waitForURL(BACK);
}

type Arrive = (page: Page, stage: Stage) => Promise<unknown>;

const at = (path: string): Arrive => (page, stage) => open(page, stage, path);

/** Ways to each refusal. At first the tenant is unknown. */
const UNKNOWN: readonly (readonly [Refused, Arrive])[] = [
  ["not_found", at("/consent/nowhere")],
  ["not_understood", at("/consent/callback?state=y")],
  ["link_incomplete", at("/consent?tenant=nonsense")],
  ["link_expired", at("/consent/callback?code=x&state=y")],
  ["legacy_off", legacy],
  ["other_browser", withoutCookies],
  ["declined", cancelled],
  ["not_accepted", (page, stage) => bent(page, stage, "iss", "https://elsewhere.example")],
  ["no_system_token", (page, stage) => bent(page, stage, `${PREFIX}system_token`, null)],
  // Of a service in trouble, and of a token that was brought before: by address.
  ["try_again", at("/consent/refused?why=try_again")],
  ["already_used", at("/consent/refused?why=already_used")],
];

/** Then it is known. */
const KNOWN: readonly (readonly [Refused, Arrive])[] = [
  ["serial_changed", (page, stage) => bent(page, stage, `${PREFIX}serial`, "9999999999")],
  [
    "other_tenant",
    (page, stage) => bent(page, stage, `${PREFIX}ctx`, "Cust54321", `/consent?tenant=${TENANT}`),
  ],
];

type Way = readonly [titleIn: (words: Words) => string, Arrive];

const refusal = ([why, arrive]: readonly [Refused, Arrive]): Way => [
  ({ refusals }) => refusals[why].title,
  arrive,
];

const PAGES: readonly Way[] = [
  [({ landing }) => landing.title(NAMES), at("/")],
  [({ landing }) => landing.title(NAMES), at(`/?tenant=${TENANT}`)],
  [({ nothing }) => nothing.title, at("/consent/done")],
  ...UNKNOWN.map(refusal),
  [({ connected }) => connected.title, (page, stage) => consent(page, stage)],
  [({ renewed }) => renewed.title, (page, stage) => consent(page, stage)],
  ...KNOWN.map(refusal),
];

/** Each scheme and each width once: what is looked at changes with the one or the other, not with both. */
const LOOKS = [
  { colorScheme: "light", viewport: NARROW },
  { colorScheme: "dark", viewport: DESKTOP },
] as const;

async function looksGood(page: Page, language: Language, title: string): Promise<void> {
  const backgrounds = new Set<string>();
  // Another language has longer words, not other colours.
  const looks = language === "en" ? LOOKS : LOOKS.slice(0, 1);
  for (const { colorScheme, viewport } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    const where = `${title} in ${colorScheme} at ${viewport.width} px`;
    const seen = await page.evaluate<Appearance>(APPEARANCE);
    assert.ok(seen.width <= viewport.width, `${where}: ${seen.width} px wide`);
    assert.deepEqual([seen.faint, seen.small], [[], []], where);
    assert.deepEqual([seen.lang, seen.headings, seen.mains], [language, 1, 1], where);
    assert.deepEqual(await axeFindings(page), [], where);
    backgrounds.add(seen.background);
  }
  const schemes = new Set(looks.map(({ colorScheme }) => colorScheme));
  assert.equal(backgrounds.size, schemes.size, `${title} looks the same in light and dark`);
}

/** In English as people arrive, and in German by the link to it. */
async function isGood(page: Page, titleIn: Way[0]): Promise<void> {
  for (const language of ["en", "de"] as const) {
    const title = titleIn(WORDS[language]);
    if (language !== "en") {
      await page.getByRole("link", { name: WORDS[language].name, exact: true }).click();
    }
    // A title is there before its stylesheet is.
    await page.waitForLoadState("load");
    assert.equal(await heading(page), title);
    assert.equal(await page.title(), `${title} – Acme Sync`);
    const loaded = await page.evaluate("document.querySelector('.logo').naturalWidth");
    assert.ok(Number(loaded) > 0, "the logo is not shown");
    await looksGood(page, language, title);
  }
}

const STEPS: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  "every page is good to read in two languages, and axe-core finds nothing": (stage) =>
    inBrowser(stage, async (page) => {
      const { requests } = witness(page);
      for (const [titleIn, arrive] of PAGES) {
        await arrive(page, stage);
        await isGood(page, titleIn);
      }
      const { service } = stage;
      const refused = service.log.lines.filter(({ fields }) => fields.status === 404);
      // The one address that is not there on purpose: no icon, font or picture is missed.
      assert.equal(refused.length, 1);
      const origins = new Set(requests.map(({ origin }) => origin));
      assert.deepEqual(origins, new Set([service.url.origin, service.simulator.url]));
    }),

  "axe-core sees what is wrong with a page": (stage) =>
    inBrowser(stage, async (page) => {
      await open(page, stage, "/");
      await page.evaluate("document.documentElement.removeAttribute('lang')");
      await page.evaluate("document.querySelector('.lead').style.color = '#888'");
      await page.evaluate("document.querySelector('li').style.color = '#666'");
      const findings = (await axeFindings(page)).join("\n");
      for (const rule of ["html-has-lang", "color-contrast", "color-contrast-enhanced"]) {
        assert.match(findings, new RegExp(`violates ${rule}:`));
      }
    }),
};

Deno.test({
  name: "the administrators' pages in a real Chromium",
  ...requires("chromium"),
  async fn(t) {
    const logo = await Deno.makeTempFile({ suffix: ".svg" });
    await Deno.writeTextFile(logo, LOGO);
    const service = await startService({ env: { ...ENV, APP_LOGO_FILE: logo } });
    const browser = await startChromium();
    try {
      await runSteps(t, STEPS, { service, browser });
    } finally {
      await browser.close();
      await service.close();
      await Deno.remove(logo);
    }
  },
});
