/** The service with one consented tenant whose ticket is in memory. Prints its port and key. */

import { parseConfig } from "../src/config.ts";
import { createBrowser } from "../src/demo_browser.ts";
import { start } from "../src/main.ts";

const dataDir = await Deno.makeTempDir();
const parsed = parseConfig({ PORT: "0", DATA_DIR: dataDir }, () => null);
if (!parsed.ok) throw new Error("Cannot run the bench: the configuration is refused");
const running = await start(parsed.config);
const browser = createBrowser();
const signIn = await browser.press(await browser.open(running.publicUrl), "Connect SuperOffice");
const approval = await browser.press(signIn, "Sign in");
await browser.press(await browser.press(approval, "I approve"), "Continue");
const authorization = `Bearer ${running.apiKey!.reveal()}`;
const answer = await fetch(new URL("/v1/tenants/Cust12345/ticket", running.publicUrl), {
  headers: { authorization },
});
await answer.text();
console.log(JSON.stringify({ port: Number(running.publicUrl.port), authorization }));
