/** What commands print of texts that are secret, wide or somebody else's. */

import assert from "node:assert/strict";
import { cut, tableLines } from "../src/cli/table.ts";
import { createTeller, maskedText, maskedTicket, maskedToken } from "../src/cli/ticket_teller.ts";
import { Secret } from "../src/domain/secret.ts";
import { signedText, textToSign } from "../src/domain/signed_text.ts";

const TOKEN = new Secret("Box Office-AbCdEf1234");

Deno.test("of a system user token the application's name is shown, and of any other text nothing", () => {
  const shown = (text: string) => maskedToken(new Secret(text));
  assert.equal(maskedToken(TOKEN), "Box Office-****");
  assert.equal(shown("Größe & Co.-8k8Q7DmBgo"), "****");
  assert.equal(shown("My-App-8k8Q7DmBgo"), "My-App-****");
  for (
    const odd of [
      "",
      "-",
      "AbCdEf1234567890",
      "app-short",
      "a1b2c3d4-e5f6a7b8c9",
      "app-with_signs_1",
    ]
  ) assert.equal(shown(odd), "****", odd);
});

Deno.test("of a text to sign its minute is shown, and of a signed one no more", () => {
  const text = textToSign(TOKEN, Date.UTC(2026, 10, 28, 10, 30));
  assert.equal(maskedText(text, TOKEN), "Box Office-****.202611281030");
  const signed = signedText(text, new Uint8Array(256).fill(1));
  assert.equal(maskedText(signed, TOKEN), "Box Office-****.202611281030.****");
  for (
    const other of ["", "x", "Box Office-AbCdEf12345.202611281030", "Box Office-AbCdEf1234.2026"]
  ) {
    assert.equal(maskedText(new Secret(other), TOKEN), "****", other);
  }
});

Deno.test("of a ticket its kind and its last four characters are shown, if it is long enough", () => {
  assert.equal(maskedTicket(new Secret("7T:MABjADQANABiADUA")), "****");
  assert.equal(maskedTicket(new Secret("7T:MABjADQANABiADUAx")), "7T:…DUAx");
  assert.equal(maskedTicket(new Secret("8A:Cust12345.MABjADQANABiADUAx")), "****");
});

Deno.test("a secret that is hidden is in no line from then on, the longest first", () => {
  const lines: string[] = [];
  const teller = createTeller((line) => lines.push(line));
  teller.hide(TOKEN);
  teller.hide(new Secret(`${TOKEN.reveal()}.202611281030`));
  teller.hide(new Secret("short"));
  const text = `a short ${TOKEN.reveal()}.202611281030 and ${TOKEN.reveal()}x`;
  teller.step(TOKEN.reveal(), 12.3, text, text);
  assert.deepEqual(lines, [
    "   12 ms  **** a short **** and ****x",
    `${" ".repeat(24)}a short **** and ****x`,
  ]);
});

Deno.test("columns are as wide as their widest cell on a terminal, and the last has no end", () => {
  assert.deepEqual(
    tableLines([["a", "株", "x"], ["bcd", "e\u0301e\u0301e\u0301", ""], ["", "🎫", "y"]]),
    [
      "a    株   x",
      "bcd  e\u0301e\u0301e\u0301",
      "     🎫   y",
    ],
  );
  assert.deepEqual(tableLines([]), []);
});

Deno.test("a text is cut to columns of a terminal, never in the middle of a letter", () => {
  assert.equal(cut("Example AS", 10), "Example AS");
  assert.equal(cut("Example ASA", 10), "Example A…");
  assert.equal(cut("株式会社", 8), "株式会社");
  assert.equal(cut("株式会社x", 8), "株式会…");
  assert.equal(cut("e\u0301e\u0301e\u0301", 2), "e\u0301…");
});
