import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync, generatePrimeSync } from "node:crypto";
import { readKeyFile, readRsaNumbers } from "../../../src/adapters/signing/key_file.ts";
import { KeyFileFault, type KeyFileProblem } from "../../../src/adapters/signing/key_file_fault.ts";
import { makeRsaKey, pkcs8Of, rsaXml, xmlElements } from "./fixtures.ts";

// One valid key; each row below bends it once.
const key = makeRsaKey(1024);
const pem = pkcs8Of(key);
const pkcs1 = key.export({ type: "pkcs1", format: "pem" }).toString();
const elements = xmlElements(pem);
const xml = rsaXml(elements);
const other = xmlElements(pkcs8Of(makeRsaKey(1024)));

/** The value of an element, of this key or of another. */
function valueOf(name: string, of: typeof elements = elements): string {
  return of.find(([element]) => element === name)?.[1] ?? assert.fail(name);
}

/** The RSAXML with one element's value put another way. */
function bent(name: string, value: (old: string) => string): string {
  return rsaXml(elements.map(([element, old]) => [element, element === name ? value(old) : old]));
}

/** Base64 of the same octets with the last bit turned. */
function turned(base64: string): string {
  const octets = Buffer.from(base64, "base64");
  octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
  return octets.toString("base64");
}

const numberOf = (base64: string) => BigInt(`0x${Buffer.from(base64, "base64").toString("hex")}`);

function base64Of(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.padStart(hex.length + hex.length % 2, "0"), "hex").toString("base64");
}

const beyondP = (old: string) => base64Of(numberOf(old) + numberOf(valueOf("P")));

/** The same primes with private and public exponent exchanged: the numbers fit, and nobody takes them. */
function withHugeExponent(): typeof elements {
  const [e, p, q] = ["Exponent", "P", "Q"].map((name) => numberOf(valueOf(name)));
  const bends: Readonly<Record<string, string>> = {
    Exponent: valueOf("D"),
    D: valueOf("Exponent"),
    DP: base64Of(e! % (p! - 1n)),
    DQ: base64Of(e! % (q! - 1n)),
  };
  return elements.map(([name, old]) => [name, bends[name] ?? old]);
}

function without(name: string): string {
  return rsaXml(elements.filter(([element]) => element !== name));
}

/** A PEM that Node's API cannot make, or not here. */
function openssl(...args: string[]): string {
  return new TextDecoder().decode(new Deno.Command("openssl", { args }).outputSync().stdout);
}

const rows: readonly (readonly [title: string, file: string, problem: KeyFileProblem])[] = [
  ["nothing", "", "empty"],
  ["white space", " \n\t\n", "empty"],
  ["prose", `my key: ${valueOf("D")}`, "not_a_key"],
  ["base64 without its armour", pem.replace(/-----.*-----/g, ""), "not_a_key"],
  ["two PEM blocks", pem + pkcs1, "several"],
  ["a PEM block and something after it", `${pem}\nand more`, "damaged"],
  ["a PEM block and something before it", `Bag Attributes\n${pem}`, "damaged"],
  ["PEM cut off", pem.slice(0, 300), "damaged"],
  ["PEM with a line missing", pem.split("\n").filter((_, i) => i !== 3).join("\n"), "damaged"],
  ["PEM with another label", pem.replaceAll("PRIVATE KEY", "RSA PRIVATE KEY"), "damaged"],
  ["a public key", publicPem(), "public_key"],
  ["a certificate", pem.replaceAll("PRIVATE KEY", "CERTIFICATE"), "certificate"],
  ["an OpenSSH key", pem.replaceAll("PRIVATE KEY", "OPENSSH PRIVATE KEY"), "other_format"],
  ["an encrypted PKCS #8 key", encrypted("pkcs8"), "encrypted"],
  ["an encrypted PKCS #1 key", encryptedPkcs1(), "encrypted"],
  [
    "an elliptic-curve key",
    pkcs8Of(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
    "not_rsa",
  ],
  ["an Ed25519 key", pkcs8Of(generateKeyPairSync("ed25519").privateKey), "not_rsa"],
  ["an RSA key that is for PSS only", openssl("genpkey", "-algorithm", "RSA-PSS"), "not_rsa"],
  ["a key of 512 bits", pkcs8Of(makeRsaKey(512)), "wrong_size"],
  ["RSAXML of 512 bits", rsaXml(xmlElements(pkcs8Of(makeRsaKey(512)))), "wrong_size"],
  ["RSAXML of 8192 bits", bent("Modulus", (n) => n.replace(/=*$/, "").repeat(8)), "wrong_size"],
  ["RSAXML cut off", xml.slice(0, 200), "xml_form"],
  ["RSAXML of a public key", rsaXml(elements.slice(0, 2)), "public_key"],
  ["RSAXML without D", without("D"), "xml_form"],
  ["RSAXML without Modulus", without("Modulus"), "xml_form"],
  ["RSAXML with an element twice", rsaXml([...elements, ["D", valueOf("D")]]), "xml_form"],
  ["RSAXML with an unknown element", rsaXml([...elements, ["Seed", "AAAA"]]), "xml_form"],
  ["RSAXML with a declaration", `<?xml version="1.0"?>${xml}`, "xml_form"],
  ["RSAXML with a document type", `<!DOCTYPE x [<!ENTITY d "AQAB">]>${xml}`, "xml_form"],
  ["RSAXML with an entity", bent("Exponent", () => "&d;"), "xml_form"],
  ["RSAXML with an attribute", xml.replace("<D>", '<D x="1">'), "xml_form"],
  ["RSAXML with a namespace", xml.replace("<RSAKeyValue>", '<RSAKeyValue xmlns="x">'), "xml_form"],
  ["RSAXML with a comment", xml.replace("<P>", "<!-- p --><P>"), "xml_form"],
  ["RSAXML with an element in an element", bent("D", (d) => `<D>${d}</D>`), "xml_form"],
  ["RSAXML with text between elements", xml.replace("<P>", "and <P>"), "xml_form"],
  ["RSAXML in lower case", xml.toLowerCase(), "xml_form"],
  ["RSAXML with an empty value", bent("DQ", () => ""), "xml_base64"],
  ["RSAXML with base64url", bent("D", () => "_-_-".repeat(32)), "xml_base64"],
  ["RSAXML with base64 cut short", bent("D", (d) => d.slice(0, -1)), "xml_base64"],
  ["RSAXML with another D", bent("D", turned), "inconsistent"],
  ["RSAXML with another key's D", bent("D", () => valueOf("D", other)), "inconsistent"],
  ["RSAXML with another modulus", bent("Modulus", () => valueOf("Modulus", other)), "inconsistent"],
  ["RSAXML with another prime", bent("P", turned), "inconsistent"],
  ["RSAXML with another DP", bent("DP", turned), "inconsistent"],
  ["RSAXML with another DQ", bent("DQ", turned), "inconsistent"],
  ["RSAXML with another InverseQ", bent("InverseQ", turned), "inconsistent"],
  ["RSAXML with an even exponent", bent("Exponent", turned), "inconsistent"],
  ["RSAXML whose numbers fit, and a prime is none", composite(), "inconsistent"],
  ["RSAXML with an exponent as long as the modulus", rsaXml(withHugeExponent()), "inconsistent"],
  ["RSAXML with an InverseQ beyond P", bent("InverseQ", beyondP), "inconsistent"],
  ["RSAXML with zero for a prime", bent("Q", () => "AA=="), "inconsistent"],
];

for (const [title, file, problem] of rows) {
  Deno.test(`${title} is refused as ${problem}, and not quoted`, () => {
    const error = refusalOf(file);
    assert.equal(error.problem, problem);
    assert.match(error.message, /^Cannot read the signing key: [a-z]/i);
    const shown = `${Deno.inspect(error, { depth: 9, showHidden: true })} ${error.stack}`;
    const secrets = [...elements, ...other].filter(([name]) => name !== "Exponent");
    for (const [name, value] of secrets) assert.ok(!shown.includes(value.slice(0, 12)), name);
    for (const line of file.split("\n").filter((line) => line.length > 40)) {
      assert.ok(!shown.includes(line.slice(0, 40)), "a line of the file");
    }
    assert.equal(error.cause, undefined);
  });
}

Deno.test("what no library would use is refused by its numbers, before a key is made of them", () => {
  for (const file of [rsaXml(withHugeExponent()), bent("InverseQ", beyondP)]) {
    const problem = { name: "KeyFileFault", problem: "inconsistent" };
    assert.throws(() => readRsaNumbers(new TextEncoder().encode(file)), problem);
  }
});

Deno.test("the valid key is read in every form, with white space wherever it may be", () => {
  const modulus = key.export({ format: "jwk" }).n;
  const lines = xml.replace(/></g, ">\n  <").replace(/([A-Za-z0-9+/]{64})/g, "$1\r\n");
  const crlf = pem.replaceAll("\n", "\r\n");
  const padded = bent(
    "DP",
    (dp) => Buffer.from([0, ...Buffer.from(dp, "base64")]).toString("base64"),
  );
  const reversed = rsaXml([...elements].reverse());
  for (
    const file of [pem, pkcs1, xml, lines, crlf, `\ufeff${xml}\n`, `\n${pem}\n\n`, padded, reversed]
  ) {
    assert.equal(readKeyFile(file).export({ format: "jwk" }).n, modulus);
  }
});

Deno.test("openssl's own keys are read: PKCS #1, PKCS #8 and exponent 3", () => {
  for (const args of [["-traditional", "2048"], ["1024"], ["-3", "2048"]]) {
    assert.equal(readKeyFile(openssl("genrsa", ...args)).asymmetricKeyType, "rsa");
  }
});

function refusalOf(file: string): KeyFileFault {
  try {
    readKeyFile(file);
  } catch (error) {
    assert.ok(error instanceof KeyFileFault, `not a KeyFileFault: ${String(error)}`);
    return error;
  }
  return assert.fail("the file was taken");
}

/** The product of two primes in the place of one; everything that is computed from it is right. */
function composite(): string {
  const e = 65537n;
  const prime = (bits: number) => generatePrimeSync(bits, { bigint: true });
  for (;;) {
    const [p, q] = [prime(256) * prime(256), prime(512)];
    const [n, phi] = [p * q, (p - 1n) * (q - 1n)];
    const d = inverse(e, phi);
    const qi = inverse(q, p);
    if (n >> 1023n !== 1n || d === null || qi === null) continue;
    const numbers = { Modulus: n, Exponent: e, P: p, Q: q, DP: d % (p - 1n), DQ: d % (q - 1n) };
    const all = { ...numbers, InverseQ: qi, D: d };
    return rsaXml(Object.entries(all).map(([name, number]) => [name, base64Of(number)]));
  }
}

/** @returns null where there is none */
function inverse(number: bigint, modulus: bigint): bigint | null {
  let [a, b, x, y] = [number % modulus, modulus, 1n, 0n];
  while (a > 1n && b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return a === 1n ? ((x % modulus) + modulus) % modulus : null;
}

function publicPem(): string {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

function encrypted(type: "pkcs8"): string {
  return key.export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString();
}

function encryptedPkcs1(): string {
  const header = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n";
  return pkcs1.replace("KEY-----\n", `KEY-----\n${header}\n`);
}
