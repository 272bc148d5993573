/** Which language somebody gets: by tag, and by what a browser says it accepts. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { acceptedLanguage, languageOf, LANGUAGES } from "../../src/http/language.ts";

Deno.test("a tag's primary part decides, in any letter case", () => {
  for (const language of LANGUAGES) assert.equal(languageOf(language), language);
  const known = { "de-AT": "de", "NB": "nb", "nn": "nb", "no": "nb", "nb-NO": "nb", "sv-SE": "sv" };
  for (const [tag, language] of Object.entries(known)) assert.equal(languageOf(tag), language, tag);
});

Deno.test("a tag that is none of ours is no language", () => {
  const others = [
    "",
    "fr",
    "english",
    "e",
    "de_DE",
    "de-",
    "-de",
    "de ",
    "constructor",
    "__proto__",
  ];
  for (const tag of [...others, "de-x--y", "*", "de;q=1"]) assert.equal(languageOf(tag), null, tag);
  for (const tag of [null, undefined]) assert.equal(languageOf(tag), null);
});

/** What browsers send, and what it comes to. */
const HEADERS: readonly (readonly [string | undefined, string])[] = [
  [undefined, "en"],
  ["", "en"],
  ["*", "en"],
  ["en-US,en;q=0.9", "en"],
  ["nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en-US;q=0.6,en;q=0.5", "nb"],
  ["no", "nb"],
  ["nn-NO", "nb"],
  ["fr-FR, fr;q=0.9, de;q=0.4, en;q=0.3", "de"],
  ["fr", "en"],
  ["fr, *;q=0.5", "en"],
  ["de;q=0.3, sv;q=0.7", "sv"],
  ["de;q=0.7, sv;q=0.7", "de"],
  ["de;q=0, sv;q=0.001", "sv"],
  ["de;q=0", "en"],
  ["de;q=0.000", "en"],
  ["DA;Q=0.5", "da"],
  ["nl ; q = 0.5 , fi;q=0.6", "fi"],
  ["de;q=1.5, nl;q=0.1", "nl"],
  ["de;q=-1, nl", "nl"],
  ["de;level=1, nl;q=0.1", "nl"],
  [",,;,nl", "nl"],
  ["fi\u0000, nl", "nl"],
];

Deno.test("a browser gets the first of ours that it wants, and English if it wants none", () => {
  for (const [header, language] of HEADERS) {
    assert.equal(acceptedLanguage(header), language, JSON.stringify(header));
  }
  assert.equal(acceptedLanguage(`${"fr,".repeat(500)}de`), "en");
});

Deno.test("whatever a header says, the answer is one of ours, and soon", () => {
  const piece = fc.oneof(
    fc.constantFrom(...LANGUAGES, "*", ";q=", "0.5", ",", " ", "-", ";", "q", "=", "no-NO"),
    fc.string({ maxLength: 5, unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      assert.ok(LANGUAGES.includes(acceptedLanguage(pieces.join(""))));
    }),
    { numRuns: 200 },
  );
});
