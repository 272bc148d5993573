/**
 * Run by google_access_test.ts of the service in a process of its own: the service with a supplier of
 * identity tokens, and with Google's token service at an address that no environment can give.
 */

import { requireConfig, start } from "../../src/main.ts";
import { print } from "../../src/print.ts";

const [tokenUrl, impersonationUrl, tokenFile] = Deno.args as [string, string, string];
const config = requireConfig();
if (config.google.kind !== "platform") throw new Error("Cannot test: no workload provider");
const identity = {
  ...config.google.identity,
  tokenUrl,
  impersonation: { url: impersonationUrl, lifetimeSeconds: 3600 },
};
const running = await start({ ...config, google: { kind: "platform", identity } }, {
  identityToken: () => Deno.readTextFile(tokenFile),
});
print.line(`Box Office listens at ${running.publicUrl.href}`);
Deno.addSignalListener("SIGTERM", async () => {
  await running.stop();
  Deno.exit(0);
});
