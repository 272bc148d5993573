/** Texts of others on a terminal. */

import assert from "node:assert/strict";
import { harmless, shown } from "../../src/domain/shown_text.ts";

const STEERING = [
  "\u001b]0;title\u0007",
  "\u009b31m",
  "a\rb",
  "\u202etxt",
  "\u2066",
  "\u007f",
  "\b",
];

Deno.test("nothing in a line steers a terminal, and the rest stays as it is", () => {
  const plain = 'Ærø 東京 👩‍🚀\tPEM\nline {"a":1} \\u001b';
  assert.equal(harmless(plain), plain);
  for (const text of STEERING) {
    assert.match(harmless(text), /\\u[0-9a-f]{4}/, JSON.stringify(text));
    assert.doesNotMatch(harmless(text), /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
    assert.doesNotMatch(shown(text), /\p{C}/u);
    const json = JSON.stringify({ text });
    assert.deepEqual(JSON.parse(harmless(json)), { text }, "JSON stays the same JSON");
  }
});

Deno.test("what is printed is harmless on stdout and on stderr", async () => {
  const url = new URL("../../src/print.ts", import.meta.url).href;
  const code = `import { print } from "${url}"; print.line("\\u001b[2J1"); print.error("\\u009b2")`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", code],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(text(stdout), "\\u001b[2J1\n");
  assert.ok(text(stderr).endsWith("\\u009b2\n"), text(stderr));
});
