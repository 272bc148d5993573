/** What goes wrong on the way to a Google token: a word is told, and what comes after is no worse for it. */

import assert from "node:assert/strict";
import { SUBJECT_TOKEN } from "../../support/fake_google.ts";
import { faultOf, judged, signerFor, warm } from "./fixtures.ts";
import { supplied, supplier, withGoogle } from "./google_worlds.ts";

/** What goes wrong on the way to a token, and what the attempt loop is told. */
const failures: readonly {
  readonly name: string;
  readonly give?: () => Promise<string>;
  readonly down?: number | "hang";
  readonly told: ReturnType<typeof judged>;
}[] = [
  {
    name: "a supplier that fails",
    give: () => Promise.reject(new Error(SUBJECT_TOKEN)),
    told: ["unauthenticated", false, 0],
  },
  {
    name: "a supplier that throws at once",
    give: () => {
      throw new Error(SUBJECT_TOKEN);
    },
    told: ["unauthenticated", false, 0],
  },
  {
    name: "a supplier that gives no text",
    give: () => Promise.resolve({ token: () => SUBJECT_TOKEN } as unknown as string),
    told: ["unauthenticated", false, 0],
  },
  {
    name: "a supplier that never answers",
    give: () => new Promise(() => {}),
    told: ["timeout", true, 0],
  },
  {
    name: "a token that Google's token service refuses",
    give: () => Promise.resolve(`${SUBJECT_TOKEN}-of-yesterday`),
    told: ["unauthenticated", false, 0],
  },
  { name: "a token service that is down", down: 503, told: ["unavailable", true, 0] },
  { name: "a token service that never answers", down: "hang", told: ["timeout", true, 0] },
];

for (const { name, give, down = null, told } of failures) {
  let isOver = false;
  const { identityToken } = supplier(() =>
    isOver || give === undefined ? Promise.resolve(SUBJECT_TOKEN) : give()
  );
  Deno.test(
    `${name} fails the attempt with a word, and the next one that works is no worse for it`,
    withGoogle("worker", (google) => supplied(google, identityToken), async (google, host) => {
      google.down(down);
      const timeoutMs = told[0] === "timeout" ? 500 : 10_000;
      const fault = await faultOf(signerFor(google.kms, { host, timeoutMs }));
      assert.deepEqual(judged(fault), told);
      const shown = Deno.inspect(fault, { depth: 9 });
      for (const secret of google.secrets()) assert.ok(!shown.includes(secret), shown);
      isOver = true;
      google.down(null);
      // One that hangs is given up by itself before this.
      await warm(signerFor(google.kms, { host, timeoutMs: 2000 }));
    }),
  );
}
