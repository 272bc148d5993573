/** Attestations that are right, and bent once. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, sign } from "node:crypto";
import {
  type Attestation,
  type AttestationProblem,
  verifyAttestation,
} from "../../../src/adapters/signing/attestation.ts";
import { knownRoots } from "../../../src/adapters/signing/attestation_roots.ts";
import { attributesOf, makeHsm, packed, statementOf } from "../../support/attestations.ts";
import { testKey } from "../../support/test_keys.ts";

const hsm = await makeHsm();
const publicKey = createPublicKey(testKey("rsa3072"));
const other = createPublicKey(testKey("rsa2048"));
const attributes = attributesOf(publicKey);
const { caviumCerts, googleCardCerts, googlePartitionCerts } = hsm.chains;
const certificates = [...caviumCerts, ...googleCardCerts, ...googlePartitionCerts];
const statement = statementOf(hsm, attributes);
const good: Attestation = { content: packed(statement), certificates };

/** The same of the key that is asked about, but for its private half. */
const mixed = statementOf(hsm, attributesOf(other), 3, publicKey);
const publicOnly = attributes.map(([type, value]) =>
  [type, type === 0 ? Uint8Array.of(2) : value] as const
);

const judge = (attestation: Attestation, key = publicKey, roots = hsm.roots) =>
  verifyAttestation(attestation, key, roots);

Deno.test("an attestation with both chains is believed, packed or not, with its certificates in any order", async () => {
  const expected = {
    ok: true,
    manufacturer: ["maker root", "card", "partition"],
    owner: ["owner root", "owned-card", "owned-partition"],
    isLocal: false,
  };
  const roots = [...hsm.roots.manufacturer, ...hsm.roots.owner].map((root) => root.toString());
  for (
    const bend of [
      {},
      { content: statement },
      { content: packed(statementOf(hsm, attributes, 2)) },
      { certificates: certificates.toReversed() },
      { certificates: [...certificates, ...certificates, ...roots] },
    ]
  ) assert.deepEqual(await judge({ ...good, ...bend }), expected);
});

Deno.test("a statement in a form that nobody knows is believed of its key, and no more is read in it", async () => {
  const [, modulus] = attributes;
  const unknown = statementOf(hsm, [[7, modulus![1]]]).subarray(0, -256);
  unknown.fill(0xff, 0, 16);
  const signed = Buffer.concat([unknown, sign("sha256", unknown, hsm.partitionKey)]);
  for (const content of [signed, packed(statementOf(hsm, publicOnly, 2))]) {
    const verdict = await judge({ ...good, content });
    assert.deepEqual([verdict.ok, verdict.ok && verdict.isLocal], [true, null]);
  }
});

function flipped(at: number): Buffer {
  const bent = Buffer.from(statement);
  const place = at < 0 ? bent.length + at : at;
  bent[place] = bent[place]! ^ 1;
  return packed(bent);
}

const without = (pem: string) => certificates.filter((it) => it !== pem);
const [partition, card] = caviumCerts;
const extractable = attributes.map(([type, value]) =>
  [type, type === 0x0162 ? Uint8Array.of(1) : value] as const
);
const brokenPem = card!.replace(/\n[^\n]{64}\n/, "\n");

const rows: readonly (readonly [string, Partial<Attestation>, AttestationProblem])[] = [
  ["whose statement has a bit changed", { content: flipped(40) }, "bad_signature"],
  ["whose signature has a bit changed", { content: flipped(-1) }, "bad_signature"],
  ["that is cut off", { content: packed(statement.subarray(0, -1)) }, "bad_signature"],
  [
    "that is cut off where it is packed",
    { content: good.content.subarray(0, 99) },
    "content_unreadable",
  ],
  ["that is empty", { content: Buffer.alloc(0) }, "content_unreadable"],
  ["that unpacks without end", { content: packed(Buffer.alloc(2 << 20)) }, "content_unreadable"],
  ["signed by another partition", {
    content: packed(statementOf({ ...hsm, partitionKey: testKey("rsa2048") }, attributes)),
  }, "bad_signature"],
  ["of another key", { content: packed(statementOf(hsm, attributesOf(other))) }, "other_key"],
  [
    "of another private key, beside the public half",
    { content: packed(mixed) },
    "other_key",
  ],
  [
    "of a key that can be taken out",
    { content: packed(statementOf(hsm, extractable)) },
    "extractable",
  ],
  ["without the maker's card", { certificates: without(card!) }, "no_manufacturer_chain"],
  ["without the maker's partition", { certificates: without(partition!) }, "no_manufacturer_chain"],
  ["without Google's card", { certificates: without(googleCardCerts[0]!) }, "no_owner_chain"],
  [
    "without Google's partition",
    { certificates: without(googlePartitionCerts[0]!) },
    "no_owner_chain",
  ],
  ["with a card that somebody certified in the maker's name", {
    certificates: [...without(card!), hsm.forged.card],
  }, "no_manufacturer_chain"],
  ["with a partition that somebody certified in the card's name", {
    certificates: [...without(partition!), hsm.forged.partition],
  }, "no_manufacturer_chain"],
  ["with a card that somebody certified in Google's name", {
    certificates: [...without(googleCardCerts[0]!), hsm.forged.ownedCard],
  }, "no_owner_chain"],
  ["with a partition that somebody certified in Google's name", {
    certificates: [...without(googlePartitionCerts[0]!), hsm.forged.ownedPartition],
  }, "no_owner_chain"],
  ["with Google's word for another card", {
    certificates: [...without(googleCardCerts[0]!), hsm.strangers.card],
  }, "no_owner_chain"],
  ["with a partition that Google does not know", {
    certificates: [...without(partition!), hsm.strangers.partition],
  }, "no_owner_chain"],
  ["with a certificate too many", {
    certificates: [...certificates, hsm.strangers.card],
  }, "stray_certificate"],
  [
    "with a damaged certificate",
    { certificates: [...certificates, brokenPem] },
    "certificate_unreadable",
  ],
  ["without certificates", { certificates: [] }, "no_manufacturer_chain"],
];

for (const [title, bend, problem] of rows) {
  Deno.test(`an attestation ${title} is refused as ${problem}`, async () => {
    assert.deepEqual(await judge({ ...good, ...bend }), { ok: false, problem });
  });
}

Deno.test("with the real roots nothing of ours is believed, and the roots are those that their owners publish", async () => {
  const { manufacturer, owner } = knownRoots();
  const half = { ...hsm.roots, owner };
  assert.deepEqual(await judge(good, publicKey, knownRoots()), {
    ok: false,
    problem: "no_manufacturer_chain",
  });
  assert.deepEqual(await judge(good, publicKey, half), { ok: false, problem: "no_owner_chain" });
  for (const root of [...manufacturer, ...owner]) assert.ok(root.verify(root.publicKey));
  assert.match(owner[0]!.subject, /CN=Hawksbill Root v1 prod/);
  assert.match(owner[0]!.fingerprint256, /^46:B5:FD:35:/);
  assert.match(manufacturer[0]!.subject, /CN=localca\.liquidsecurity\.cavium\.com/);
  assert.match(manufacturer[0]!.fingerprint256, /^23:01:43:DF:/);
});
