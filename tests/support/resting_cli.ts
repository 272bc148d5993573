/** A command that, when it is done, says so and stays: for tests that look into its memory. */

import { runCli } from "../../src/cli.ts";

const code = await runCli(Deno.args);
Deno.stdout.writeSync(new TextEncoder().encode(`at rest with ${code}\n`));
setInterval(() => {}, 1_000_000);
