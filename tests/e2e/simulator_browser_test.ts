/**
 * The simulator in a real Chromium: its own page, which a developer keeps open, and the log-in pages,
 * which end at a tiny listener of another site.
 */

import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import {
  startSuperOffice,
  type SuperOfficeSimulator,
} from "../../src/simulator/superoffice/server.ts";
import { APPEARANCE, type Appearance } from "../support/appearance.ts";
import { inBrowser as openPage, runSteps, startChromium, witness } from "../support/chromium.ts";
import { requires } from "../support/requirement.ts";
import {
  appPublicKeyPem,
  postExchange,
  signToken,
  tenant,
} from "../simulator/superoffice_client.ts";

interface Stage {
  readonly browser: Browser;
  readonly superoffice: SuperOfficeSimulator;
  /** An app's own site. What was sent to it, oldest first. */
  readonly receiver: { readonly url: string; readonly received: Received[] };
}

interface Received {
  readonly method: string;
  readonly search: string;
  readonly body: string;
}

const DESKTOP = { width: 1400, height: 900 };
const NARROW = { width: 360, height: 740 };
/** Wide, unless the options say otherwise. */
const inBrowser = <T>(
  { browser }: Stage,
  deed: (page: Page) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> => openPage(browser, deed, { viewport: DESKTOP, ...options });

const press = (page: Page, name: string) =>
  page.getByRole("button", { name, exact: true }).first().click();

const heading = (page: Page) => page.getByRole("heading", { level: 1 }).innerText();

/** As the app's server would, far from the browser. */
async function exchange({ superoffice }: Stage): Promise<void> {
  const { system_user_token: token } = superoffice.control.approve(tenant);
  const SignedSystemToken = signToken(token, { at: Date.now() });
  assert.equal((await postExchange(superoffice, { SignedSystemToken })).status, 200);
}

/** Opens the page and waits until it listens. Whatever is reloaded loses its mark. */
async function openLive(page: Page, { superoffice }: Stage): Promise<void> {
  await page.goto(superoffice.url);
  await page.getByText("live", { exact: true }).waitFor();
  await page.evaluate("window.mark = true");
}

const isMarked = (page: Page) => page.evaluate("window.mark === true");

function authorize({ superoffice, receiver }: Stage, changes: Record<string, string> = {}): string {
  const params = new URLSearchParams({
    client_id: superoffice.clientId,
    response_type: "code",
    response_mode: "form_post",
    scope: "openid",
    redirect_uri: receiver.url,
    state: "the state & <more>",
    ...changes,
  });
  return `${superoffice.url}/login/common/oauth/authorize?${params}`;
}

/** The names and values of a form, in the order in which they came. */
const fieldsOf = (received: Received | undefined) => [...new URLSearchParams(received?.body)];

async function signInAs(page: Page, username: string): Promise<void> {
  await page.getByRole("radio", { name: username }).check();
  await press(page, "Sign in");
}

const STEPS: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async "an exchange made elsewhere appears on the page without a reload"(stage) {
    await inBrowser(stage, async (page) => {
      const seen = witness(page);
      await openLive(page, stage);
      await page.getByText("None yet: POST").waitFor();
      await exchange(stage);
      const row = page.locator("#exchanges tbody tr");
      await row.getByText("ticket issued").waitFor();
      assert.match(await row.innerText(), /Box Office, Cust12345\s+Example Tenant AS/);
      await page.locator("#tenants").getByText("approved", { exact: true }).waitFor();
      assert.ok(await isMarked(page));
      assert.deepEqual(seen.complaints, []);
      assert.deepEqual(
        new Set(seen.requests.map(({ origin }) => origin)),
        new Set([stage.superoffice.url]),
      );
    });
  },

  async "a button changes the page in place, and keeps focus, open details and half-typed text"(
    stage,
  ) {
    const { control } = stage.superoffice;
    await inBrowser(stage, async (page) => {
      const seen = witness(page);
      await openLive(page, stage);
      await page.getByLabel("Company").fill("Half a na");
      await page.getByText("Show", { exact: true }).click();
      const secret = page.locator("#apps details[open] code").first();
      assert.equal(await secret.innerText(), stage.superoffice.clientSecret);

      await press(page, "Replace secret");
      await page.getByText("The app has a new secret; the old one is refused.").waitFor();
      assert.equal(await secret.innerText(), stage.superoffice.clientSecret);
      assert.equal(await page.locator(":focus").innerText(), "Replace secret");
      assert.equal(await page.getByLabel("Company").inputValue(), "Half a na");

      await page.getByLabel("Company").fill("Second & Sons <AS>");
      await press(page, "Add tenant");
      await page.getByRole("heading", { name: "Second & Sons <AS>" }).waitFor();
      assert.equal(await page.getByLabel("Company").inputValue(), "");
      assert.equal(control.tenants().at(-1)?.companyName, "Second & Sons <AS>");
      assert.ok(await isMarked(page));
      assert.deepEqual(seen.complaints, []);
    });
    control.remove("Cust12346");
  },

  async "what a button cannot do is said, and nothing that was typed is lost"(stage) {
    await inBrowser(stage, async (page) => {
      await openLive(page, stage);
      await page.getByText("Register a key or an address").click();
      await page.getByLabel("Public key, PEM or RSAXML").fill("no key");
      await press(page, "Register key");
      const notice = page.locator("#notice");
      await notice.getByText("Cannot register app key: not a PEM or RSAXML key").waitFor();
      assert.equal(await page.getByLabel("Public key, PEM or RSAXML").inputValue(), "no key");
    });
  },

  async "with scripts off the buttons work, and lead back to the page"(stage) {
    const state = () => stage.superoffice.control.tenants()[0]?.state;
    await inBrowser(stage, async (page) => {
      const seen = witness(page);
      await page.goto(stage.superoffice.url);
      for (
        const [name, said, then] of [
          ["Suspend", "The tenant is suspended.", "Suspended"],
          ["Resume", "The tenant is running.", "Running"],
        ]
      ) {
        await press(page, name!);
        await page.getByText(said!, { exact: true }).waitFor();
        assert.equal(state(), then);
        assert.equal(new URL(page.url()).pathname, "/");
      }
      await page.getByRole("link", { name: "Refresh" }).click();
      assert.equal(page.url(), `${stage.superoffice.url}/`);
      assert.deepEqual(seen.complaints, []);
    }, { javaScriptEnabled: false });
  },

  async "the page fits 360 px and a desktop, in light and dark, with readable text"(stage) {
    stage.superoffice.control.set({
      exchangeJwt: { claims: { iss: "https://elsewhere.example" } },
    });
    await exchange(stage);
    await postExchange(stage.superoffice, { SignedSystemToken: "nonsense" });
    await inBrowser(stage, async (page) => {
      await openLive(page, stage);
      const backgrounds = new Set<string>();
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        for (const viewport of [NARROW, DESKTOP]) {
          await page.setViewportSize(viewport);
          const seen = await page.evaluate<Appearance>(APPEARANCE);
          assert.ok(seen.width <= viewport.width, `${seen.width} px wide`);
          assert.deepEqual(seen.faint, [], colorScheme);
          assert.deepEqual([seen.lang, seen.headings, seen.mains], ["en", 1, 1]);
          backgrounds.add(seen.background);
        }
      }
      assert.equal(backgrounds.size, 2);
      await page.keyboard.press("Tab");
      assert.match(
        await page.evaluate<string>("getComputedStyle(document.activeElement).outline"),
        /solid 3px$/,
      );
    });
    stage.superoffice.control.resetSwitches();
  },

  async "an administrator signs in, chooses a tenant and approves; the form posts itself"(stage) {
    const { control } = stage.superoffice;
    control.resume(tenant);
    control.revoke(tenant);
    const second = control.addTenant({ companyName: "Another AS" }).contextIdentifier;
    await inBrowser(stage, async (page) => {
      const seen = witness(page);
      await page.goto(authorize(stage));
      assert.equal(await heading(page), "Sign in");
      await signInAs(page, "admin@example.test");
      assert.equal(await heading(page), "Choose a tenant");
      await press(page, `Another AS (${second})`);
      assert.equal(
        await heading(page),
        "Do you want to approve Box Office by Box Office Makers AS?",
      );
      await press(page, "I approve");
      await page.getByText("Received").waitFor();
      const posted = stage.receiver.received.at(-1);
      assert.equal(posted?.method, "POST");
      const [state, code, ...rest] = fieldsOf(posted);
      assert.deepEqual(state, ["state", "the state & <more>"]);
      assert.equal(code?.[0], "code");
      assert.deepEqual(rest, []);
      assert.deepEqual(seen.complaints, []);
    });
    assert.equal(control.tenants().at(-1)?.authorization, "active");
    control.remove(second);
  },

  async "with scripts off the form waits for Continue"(stage) {
    stage.superoffice.control.approve(tenant);
    const before = stage.receiver.received.length;
    await inBrowser(stage, async (page) => {
      await page.goto(authorize(stage));
      await signInAs(page, "admin@example.test");
      assert.equal(await heading(page), "Continue");
      assert.equal(stage.receiver.received.length, before);
      await press(page, "Continue");
      await page.getByText("Received").waitFor();
      const names = fieldsOf(stage.receiver.received.at(-1)).map(([name]) => name);
      assert.deepEqual(names, ["state", "code"]);
    }, { javaScriptEnabled: false });
  },

  async "a query answer has the state before the code"(stage) {
    await inBrowser(stage, async (page) => {
      await page.goto(authorize(stage, { response_mode: "query" }));
      await signInAs(page, "admin@example.test");
      await page.getByText("Received").waitFor();
      const { method, search } = stage.receiver.received.at(-1)!;
      assert.equal(method, "GET");
      assert.match(search, /^\?state=[^&]+&code=[^&]+$/);
    });
  },

  async "who is no administrator gets the red banner, and the app is told nothing"(stage) {
    stage.superoffice.control.revoke(tenant);
    const before = stage.receiver.received.length;
    await inBrowser(stage, async (page) => {
      await page.goto(authorize(stage));
      await signInAs(page, "user@example.test");
      const banner = page.getByRole("alert");
      const text = "Your account does not have access to this application.";
      assert.equal(await banner.innerText(), text);
      const [red, green, blue] = await page.evaluate<number[]>(
        `getComputedStyle(document.querySelector(".banner")).backgroundColor.match(/\\d+/g).map(Number)`,
      );
      assert.ok(red! > 3 * green! && red! > 3 * blue!);
      assert.equal(stage.receiver.received.length, before);
    });
  },

  async "an address that is not registered gets nobody: the error page stays where it is"(stage) {
    await inBrowser(stage, async (page) => {
      const seen = witness(page);
      await page.goto(authorize(stage, { redirect_uri: "https://elsewhere.example/callback" }));
      assert.equal(await heading(page), "Error occured");
      assert.match(
        await page.getByRole("main").innerText(),
        /Request ID: 00-[0-9a-f]{32}-[0-9a-f]{16}-00/,
      );
      assert.deepEqual(
        new Set(seen.requests.map(({ origin }) => origin)),
        new Set([stage.superoffice.url]),
      );
    });
  },
};

/** Of another site than the simulator, so that what is posted crosses sites. */
function startReceiver() {
  const received: Received[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname !== "/callback") return new Response(null, { status: 404 });
      received.push({ method: request.method, search, body: await request.text() });
      const html = `<!DOCTYPE html><link rel="icon" href="data:,"><p>Received</p>`;
      return new Response(html, { headers: { "content-type": "text/html" } });
    },
  );
  const url = `http://localhost:${server.addr.port}/callback`;
  return { url, received, close: () => server.shutdown() };
}

Deno.test({
  name: "the simulator in a real Chromium",
  ...requires("chromium"),
  async fn(t) {
    const browser = await startChromium();
    const superoffice = await startSuperOffice({ publicKeyPem: appPublicKeyPem() });
    const receiver = startReceiver();
    try {
      await runSteps(t, STEPS, { browser, superoffice, receiver });
    } finally {
      await browser.close();
      await receiver.close();
      await superoffice.close();
    }
  },
});
