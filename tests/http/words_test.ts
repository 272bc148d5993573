/** The texts of the administrators' pages: all there in every language, none left in English. */

import assert from "node:assert/strict";
import { LANGUAGES } from "../../src/http/language.ts";
import { type Names, WORDS, type Words } from "../../src/http/words/words.ts";

const UNNAMED: Names = { app: null, vendor: null };
const NAMED: Names = { app: "Zyx Sync", vendor: "Qwv Oy" };

/** Texts that are given something else than names. */
const OF_A_TEXT = new Set(["by", "landing.signIn"]);

/** @returns every text by its path, as it is read */
function textsOf(words: Words, names: Names): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    if (typeof value === "string") texts.set(path, value);
    else if (typeof value === "function") {
      texts.set(path, value(OF_A_TEXT.has(path) ? "login.example" : names));
    } else {
      for (const [name, member] of Object.entries(value as object)) {
        walk(member, path === "" ? name : `${path}.${name}`);
      }
    }
  };
  walk(words, "");
  return texts;
}

Deno.test("every language has every text, and none is the English one", () => {
  const english = textsOf(WORDS.en, UNNAMED);
  assert.ok(english.size > 50, `${english.size} texts`);
  for (const language of LANGUAGES.filter((known) => known !== "en")) {
    const texts = textsOf(WORDS[language], UNNAMED);
    assert.deepEqual([...texts.keys()].sort(), [...english.keys()].sort(), language);
    const same = [...texts].filter(([path, text]) => english.get(path) === text);
    assert.deepEqual(same, [], language);
  }
});

Deno.test("every text is clean: no blank at an end, no straight quote, nothing that is missing", () => {
  for (const language of LANGUAGES) {
    for (const names of [UNNAMED, NAMED]) {
      for (const [path, text] of textsOf(WORDS[language], names)) {
        const where = `${language} ${path}: ${text}`;
        assert.ok(text.length > 1 && text === text.trim(), where);
        assert.doesNotMatch(text, /["'<>&]|\s\s|null|undefined|\$\{|\bCust/, where);
      }
    }
  }
});

Deno.test("every refusal is one sentence that ends, under a title that does not", () => {
  for (const language of LANGUAGES) {
    for (const names of [UNNAMED, NAMED]) {
      for (const [why, { title, todo }] of Object.entries(WORDS[language].refusals)) {
        assert.match(todo(names), /^\p{Lu}[^.!?]+\.$/u, `${language} ${why}`);
        assert.match(title, /^\p{Lu}[^.!?:]+$/u, `${language} ${why}`);
      }
    }
  }
});

Deno.test("no two refusals of a language say the same", () => {
  for (const language of LANGUAGES) {
    const all = Object.values(WORDS[language].refusals);
    assert.equal(new Set(all.map(({ title }) => title)).size, all.length, language);
    assert.equal(new Set(all.map(({ todo }) => todo(UNNAMED))).size, all.length, language);
  }
});

/** Where the application or its vendor must be named once they have names. */
const APP = ["landing.title", "landing.intro", "landing.approve", "landing.end"]
  .concat([
    "connected.done",
    "connected.end",
    "refusals.declined.todo",
    "refusals.legacy_off.todo",
  ]);
const VENDOR = ["contact", "landing.power", "landing.end", "refusals.not_accepted.todo"]
  .concat(["refusals.serial_changed.todo", "refusals.no_system_token.todo"]);

Deno.test("names stand where they belong, in every language", () => {
  for (const language of LANGUAGES) {
    const texts = textsOf(WORDS[language], NAMED);
    for (const path of APP) assert.ok(texts.get(path)!.includes("Zyx Sync"), `${language} ${path}`);
    for (const path of VENDOR) {
      assert.ok(texts.get(path)!.includes("Qwv Oy"), `${language} ${path}`);
    }
    assert.ok(texts.get("landing.signIn")!.includes("login.example"), language);
  }
});

Deno.test("SuperOffice's own terms stay recognisable in every language", () => {
  for (const language of LANGUAGES) {
    const { landing, connected } = WORDS[language];
    assert.match(landing.intro(UNNAMED), /SuperOffice CRM Online.*system user/i, language);
    assert.match(landing.rights, /General Administrator.*User Administrator/, language);
    assert.match(landing.end(UNNAMED) + connected.end(UNNAMED), /App Store.*Installed apps/);
    assert.match(WORDS[language].connect, /SuperOffice/);
  }
  assert.equal(WORDS.en.connect, "Connect SuperOffice");
});

Deno.test("a refusal's title and its sentence say the same: how long to wait, and that cookies are needed", () => {
  for (const language of LANGUAGES) {
    const { try_again, other_browser } = WORDS[language].refusals;
    for (const text of [try_again.title, try_again.todo(UNNAMED)]) {
      assert.match(text, /minu+t/i, `${language}: ${text}`);
    }
    assert.match(other_browser.todo(UNNAMED), /cookies|kakor|informasjonskapsler|evästeet/i);
  }
});

Deno.test("Finnish speaks of an attempt to connect, not of a company, that has come to its end", () => {
  assert.doesNotMatch(WORDS.fi.refusals.link_expired.title, /\byritys\b/);
  assert.equal(WORDS.fi.company, "Yritys");
});
