/** A key that is pasted at a terminal: `script` of util-linux makes one. */

import assert from "node:assert/strict";
import { pkcs8Of, rsaXml, xmlElements } from "../adapters/signing/fixtures.ts";
import { startKms } from "../support/kms.ts";
import { commandOf } from "../support/processes.ts";
import { testKey } from "../support/test_keys.ts";

const KEY = "projects/box-office-sandbox/locations/europe-west4/keyRings/apps/cryptoKeys/app";

const isThere = Deno.build.os === "linux" &&
  await Deno.stat("/usr/bin/script").then(() => true, () => false);

const xml = rsaXml(xmlElements(pkcs8Of(testKey("rsa4096"))));

/** What the terminal shows of a command to which this is typed. */
async function typed(url: string, text: string): Promise<{ code: number; screen: string }> {
  const line = [Deno.execPath(), ...commandOf("cli"), "key", "import", "--key", KEY].join(" ");
  const terminal = new Deno.Command("script", {
    args: ["-qec", `${line}; code=$?; stty -a; exit $code`, "/dev/null"],
    env: { KMS_ENDPOINT: url, DATA_DIR: "/nonexistent/box-office" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keyboard = terminal.stdin.getWriter();
  let screen = "";
  let isTyped = false;
  for await (const part of terminal.stdout.pipeThrough(new TextDecoderStream())) {
    screen += part;
    if (isTyped || !screen.includes("Nothing of it is shown.")) continue;
    isTyped = true;
    await keyboard.write(new TextEncoder().encode(text));
  }
  await keyboard.close().catch(() => {});
  const { code } = await terminal.status;
  assert.ok(!screen.includes(xml.slice(100, 130)), "the key is shown");
  assert.match(screen, /[^-]\becho\b/, "the terminal is left without its echo");
  return { code, screen };
}

Deno.test("a key of 4096 bits can be pasted at a terminal, or broken off, and is not shown there", {
  ignore: !isThere,
}, async () => {
  const kms = await startKms();
  try {
    const broken = await typed(kms.url, `${xml}\r\x03`);
    assert.equal(broken.code, 2, broken.screen);
    assert.match(broken.screen, /Cannot read the key: it was broken off/);
    assert.deepEqual(kms.auditEntries(), []);
    const { code, screen } = await typed(kms.url, `${xml}\r\x04`);
    assert.equal(code, 0, screen);
    assert.ok(screen.includes(`KMS_KEY_VERSION=${KEY}/cryptoKeyVersions/1`), screen);
  } finally {
    await kms.close();
  }
});
