/** A log of forty-two entries of three tenants, and the receipt of one of them. */

import { Buffer } from "node:buffer";
import { createLedgerKey } from "../../src/adapters/signing/ledger_key.ts";
import { checkpointBody, signedNote } from "../../src/domain/checkpoint.ts";
import { type EntryDeed, leafText } from "../../src/domain/ledger_entry.ts";
import { type Receipt, RECEIPT_FORMAT, type ReceiptEntry } from "../../src/domain/receipt.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createNaiveTree } from "../support/naive_tree.ts";

export const ORIGIN = "tickets.example.com/ledger";
export const TENANT = "Cust2";
export const DIGEST = "ab".repeat(32);

/** Attempts of three tenants that take turns: one's intents, outcomes and exchanges are far apart. */
export const LEAVES = Array.from({ length: 42 }, (_, index) => {
  const tenant = `Cust${index % 3}`;
  const attempt = `${tenant}-${Math.floor(index / 9)}`;
  const deeds: readonly EntryDeed[] = [
    { kind: "sign_intent", attempt, key_version: "local:1", digest_sha256: DIGEST },
    { kind: "sign_outcome", attempt, result: "signed", signature_sha256: DIGEST, error: null },
    { kind: "exchange", attempt, result: "issued", ticket_sha256: DIGEST, error: null },
  ];
  return leafText(index, {
    at: "2026-11-22T12:00:00.000Z",
    request_id: `r${index}`,
    caller: "orders",
    context_identifier: tenant,
    ...deeds[Math.floor(index / 3) % 3]!,
  });
});
export const TREE = createNaiveTree(LEAVES);

/** Somebody who signs checkpoints. */
export async function keyOf(seed: number, name = ORIGIN) {
  const signer = createLedgerKey(new Secret(Buffer.alloc(32, seed).toString("base64")));
  const key = { name, publicKey: await signer.publicKey() };
  return {
    key,
    async sign(size: number, rootHash = TREE.root(size)): Promise<string> {
      const body = checkpointBody({ origin: name, size, rootHash });
      return signedNote(body, key, await signer.sign(Buffer.from(body)));
    },
  };
}

export const { key: KEY, sign } = await keyOf(7);
export const NOTE = await sign(42);

export const entryOf = (index: number, size = 42): ReceiptEntry => ({
  leaf: LEAVES[index]!,
  proof: TREE.path(index, size),
});
export const indexesOf = (tenant: string) => {
  const mine = (leaf: string) => JSON.parse(leaf).context_identifier === tenant;
  return [...LEAVES.keys()].filter((index) => mine(LEAVES[index]!));
};

export const OWN = indexesOf(TENANT);
export const ENTRIES = OWN.map((index) => entryOf(index));
export const RECEIPT: Receipt = {
  format: RECEIPT_FORMAT,
  context_identifier: TENANT,
  checkpoint: NOTE,
  entries: ENTRIES,
};
