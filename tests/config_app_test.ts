/** The application in the environment: names, addresses and the logo, and what is refused of them. */

import assert from "node:assert/strict";
import { parseConfig } from "../src/config.ts";
import type { AppProfile } from "../src/domain/app_profile.ts";

type Env = Readonly<Record<string, string>>;

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The first bytes of a picture of 1 × 1: signature, and the header's chunk. */
const PNG = Uint8Array.fromHex("89504e470d0a1a0a0000000d494844520000000100000001");

const SVG = `<svg xmlns="http://www.w3.org/2000/svg"/>`;

const parse = (env: Env, file: Uint8Array<ArrayBuffer> | null = null) =>
  parseConfig(env, () => null, (path) => path === "/data/logo" ? file : null);

function good(env: Env, file?: Uint8Array<ArrayBuffer>): AppProfile {
  const parsed = parse(env, file);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.config.app;
}

function problems(env: Env, file?: Uint8Array<ArrayBuffer>): string[] {
  const parsed = parse(env, file);
  return parsed.ok ? [] : parsed.problems.map(({ name, problem }) => `${name} ${problem}`);
}

Deno.test("the app's names and addresses are taken as they are", () => {
  const app = good({
    APP_NAME: " Acme Sync ",
    APP_VENDOR: "Åcmé & Söhne <AS>",
    APP_PRIVACY_URL: "https://acme.example/privacy?lang=en#data",
    APP_SUPPORT_URL: "mailto:help+crm@acme.example",
  });
  assert.deepEqual([app.name, app.vendor], ["Acme Sync", "Åcmé & Söhne <AS>"]);
  assert.equal(app.privacyUrl?.href, "https://acme.example/privacy?lang=en#data");
  assert.equal(app.supportUrl?.href, "mailto:help+crm@acme.example");
  const page = good({ APP_SUPPORT_URL: "https://acme.example/help" });
  assert.equal(page.supportUrl?.href, "https://acme.example/help");
});

Deno.test("a name has 80 characters at most and none that cannot be seen", () => {
  assert.equal(good({ APP_NAME: "😀".repeat(80) }).name, "😀".repeat(80));
  for (const name of ["APP_NAME", "APP_VENDOR"]) {
    assert.deepEqual(problems({ [name]: "x".repeat(81) }), [
      `${name} is longer than 80 characters`,
    ]);
    for (const bad of ["a\nb", "a\u0000b", "a\u202eb", "a\u2028b", "a\u200bb", "a\u009fb"]) {
      assert.deepEqual(problems({ [name]: bad }), [`${name} holds control characters`]);
    }
  }
});

Deno.test("an address of the app is https without credentials", () => {
  for (const name of ["APP_PRIVACY_URL", "APP_SUPPORT_URL"]) {
    for (
      const bad of [
        "http://acme.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "//acme.example",
        "/privacy",
        "https://user:pass@acme.example",
        "ftp://acme.example",
        "tel:+4712345678",
      ]
    ) {
      assert.deepEqual(problems({ [name]: bad }), [`${name} is no https URL without credentials`]);
    }
  }
  assert.deepEqual(problems({ APP_PRIVACY_URL: "mailto:help@acme.example" }), [
    "APP_PRIVACY_URL is no https URL without credentials",
  ]);
});

Deno.test("a support address is one address and writes nobody's letter", () => {
  for (
    const bad of [
      "mailto:",
      "mailto:help",
      "mailto:a@b.example,c@d.example",
      "mailto:help@acme.example?subject=x",
      "mailto:help@acme.example?bcc=everybody@acme.example",
      "mailto:help@acme.example%0Abcc:x@y.example",
      "mailto:help@@acme.example",
      "MAILTO:help me@acme.example",
    ]
  ) {
    assert.deepEqual(problems({ APP_SUPPORT_URL: bad }), [
      "APP_SUPPORT_URL is not mailto: and one address",
    ]);
  }
});

const LOGO: Env = { APP_LOGO_FILE: "/data/logo" };

Deno.test("a logo is known by its first bytes, whatever the file is called", () => {
  assert.deepEqual(good(LOGO, PNG).logo, { type: "image/png", bytes: PNG });
  for (
    const svg of [
      SVG,
      `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<!-- one --><!-- two -->\n${SVG}`,
      `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">${SVG}`,
      `  \n${SVG}`,
    ]
  ) {
    assert.equal(good(LOGO, bytesOf(svg)).logo?.type, "image/svg+xml", svg);
  }
});

Deno.test("what is no picture of the two kinds, too large or not there is no logo", () => {
  const neither = ["APP_LOGO_FILE names a file that is neither PNG nor SVG in UTF-8"];
  for (
    const bad of [
      "",
      "<html><svg></svg></html>",
      "<!-- <svg> -->",
      `<!DOCTYPE svg [<!ENTITY a "b">]>${SVG}`,
      "<svgs/>",
      "GIF89a",
      "<!--".repeat(20_000),
      `${"<!---->".repeat(10_000)}<p>`,
    ]
  ) {
    assert.deepEqual(problems(LOGO, bytesOf(bad)), neither, bad.slice(0, 40));
  }
  assert.deepEqual(problems(LOGO, PNG.slice(0, 12)), neither);
  assert.deepEqual(problems(LOGO, Uint8Array.of(0xff, ...bytesOf(SVG))), neither);
  const most = bytesOf(SVG.padEnd(100 * 1024));
  assert.equal(good(LOGO, most).logo?.bytes.length, 102_400);
  assert.deepEqual(problems(LOGO, bytesOf(SVG.padEnd(100 * 1024 + 1))), [
    "APP_LOGO_FILE names a file of more than 100 KiB",
  ]);
  assert.deepEqual(problems({ APP_LOGO_FILE: "/data/nowhere" }), [
    "APP_LOGO_FILE names a file that cannot be read",
  ]);
});
