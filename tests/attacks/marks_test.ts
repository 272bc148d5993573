/** The search for secrets finds them: a search that finds nothing proves nothing by itself. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createMarks } from "../support/marks.ts";
import { insideOut } from "../support/watched_service.ts";

const VALUE = `7T:"plant/ed" & <found>+=?`;

const SPELLINGS: Readonly<Record<string, string>> = {
  raw: VALUE,
  JSON: JSON.stringify({ error: `no ${VALUE}!` }),
  "JSON in JSON's slashes": JSON.stringify(VALUE).replaceAll("/", "\\/"),
  query: `?x=${encodeURIComponent(VALUE)}&y`,
  form: new URLSearchParams({ a: "b", x: VALUE }).toString(),
  HTML: "<b>7T:&quot;plant/ed&quot; &amp; &lt;found&gt;+=?</b>",
  hex: `x'${Buffer.from(VALUE).toString("hex")}'`,
  "hex in upper case": Buffer.from(VALUE).toString("hex").toUpperCase(),
  base64: btoa(VALUE),
  "base64 of more": btoa(`a${VALUE}b`),
  "base64 of still more": btoa(`ab${VALUE}`),
  base64url: Buffer.from(`{"t":"${VALUE}"}`).toString("base64url"),
};

for (const [spelling, text] of Object.entries(SPELLINGS)) {
  Deno.test(`a planted mark is found in ${spelling}, as text and as bytes`, () => {
    const marks = createMarks();
    marks.add("planted", VALUE);
    marks.add("another", "another value");
    for (const place of [text, new TextEncoder().encode(text)]) {
      const found = marks.find(place);
      assert.ok(found.length > 0);
      assert.ok(found.every((name) => name.startsWith("planted (")), found.join());
      assert.deepEqual(marks.find(place, ["planted"]), []);
    }
    assert.deepEqual(marks.find("7T:plant and everything else"), []);
  });
}

Deno.test("a mark in an error's cause, member or stack is found", () => {
  const marks = createMarks();
  marks.add("planted", VALUE);
  const errors = [
    new Error("outer", { cause: new Error("middle", { cause: new Error(VALUE) }) }),
    Object.assign(new Error("outer"), { request: { headers: { authorization: VALUE } } }),
    Object.defineProperty(new Error("outer"), "hidden", { value: VALUE, enumerable: false }),
    new AggregateError([new Error(VALUE)], "outer"),
  ];
  for (const error of errors) {
    assert.ok(insideOut(error).some((text) => marks.find(text).length > 0));
  }
  assert.deepEqual(insideOut(new Error("outer")).flatMap((text) => marks.find(text)), []);
});
