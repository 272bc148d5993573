/** What a key leaves behind in the process that imported it, and on disk: nothing. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { pkcs8Of, rsaXml, xmlElements } from "../adapters/signing/fixtures.ts";
import { startKms } from "../support/kms.ts";
import { searchMemory } from "../support/memory_search.ts";
import { startFile } from "../support/processes.ts";
import { testKey } from "../support/test_keys.ts";

const KEY = "projects/box-office-sandbox/locations/europe-west4/keyRings/apps/cryptoKeys/app";
const ELSEWHERE = Deno.build.os !== "linux";

const pem = pkcs8Of(testKey("rsa3072"));
const elements = xmlElements(pem);
const xml = rsaXml(elements);

/** Each private number in the forms in which it may lie about; a part of each, so that no offset hides it. */
function needles(): Record<string, Uint8Array> {
  const found: Record<string, Uint8Array> = {};
  for (const [name, base64] of elements) {
    if (name === "Modulus" || name === "Exponent") continue;
    const octets = Buffer.from(base64, "base64");
    found[`${name} as octets`] = octets.subarray(40, 72);
    found[`${name} reversed`] = Uint8Array.from(octets.subarray(40, 72)).reverse();
    found[`${name} in base64`] = Buffer.from(base64.slice(40, 80));
    found[`${name} in base64url`] = Buffer.from(octets.toString("base64url").slice(40, 80));
    found[`${name} in hex`] = Buffer.from(octets.toString("hex").slice(60, 120));
    found[`${name} in UTF-16`] = Buffer.from(base64.slice(40, 80), "utf16le");
  }
  // PEM cuts its lines where it likes, and begins anywhere.
  found["a line of the PEM"] = Buffer.from(pem.split("\n")[12]!.slice(0, 60));
  return found;
}

interface Way {
  readonly title: string;
  readonly key: string;
  readonly args?: readonly string[];
  readonly code: number;
}

const ways: readonly Way[] = [
  { title: "imported from XML", key: xml, code: 0 },
  { title: "imported from PEM", key: pem, code: 0 },
  { title: "looked at with --dry-run", key: xml, args: ["--dry-run"], code: 0 },
  { title: "refused because its XML is cut off", key: xml.slice(0, -40), code: 2 },
  {
    title: "refused because its exponent is another",
    key: xml.replace("<Exponent>AQAB", "<Exponent>AQAD"),
    code: 2,
  },
];

for (const { title, key, args = [], code } of ways) {
  Deno.test(`a key that was ${title} is neither in the process's memory nor on disk`, {
    ignore: ELSEWHERE,
  }, async () => {
    const kms = await startKms();
    const folder = await Deno.makeTempDir();
    const env = { KMS_ENDPOINT: kms.url, TMPDIR: folder };
    const process = startFile("tests/support/resting_cli.ts", {
      env,
      cwd: folder,
      input: key,
      args: ["key", "import", "--key", KEY, ...args],
    });
    try {
      const [, ended] = await process.line(/^at rest with (\d)$/m);
      assert.equal(Number(ended), code, process.messages());
      assert.deepEqual(await searchMemory(process.pid, needles()), []);
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), []);
      const said = process.messages();
      for (const [name, base64] of elements) {
        if (name !== "Exponent") assert.ok(!said.includes(base64.slice(0, 16)), name);
      }
    } finally {
      await process.end();
      await Deno.remove(folder, { recursive: true });
      await kms.close();
    }
  });
}

Deno.test("the search finds what is in a process's memory", { ignore: ELSEWHERE }, async () => {
  const process = startFile("tests/support/resting_cli.ts", { args: ["--help", xml] });
  try {
    await process.line(/^at rest with 0$/m);
    assert.ok((await searchMemory(process.pid, needles())).includes("D in base64"));
  } finally {
    await process.end();
  }
});
