/**
 * The record of the app's credentials, as a text that is kept beside the log: either backend keeps
 * those, with the compare-and-swap that the record needs.
 */

import { parseRecord, recordText } from "../../domain/credential_record.ts";
import type { CredentialStore } from "../../usecases/credential_ports.ts";
import type { LedgerStore } from "../../usecases/ports.ts";
import { unreadable } from "./records.ts";

const NAME = "credentials";

/** Makes the credential store of a backend. */
export function createCredentialNotes(
  notes: Pick<LedgerStore, "note" | "keepNote">,
): CredentialStore {
  return {
    async get() {
      const text = await notes.note(NAME);
      return text === null ? null : parseRecord(text) ?? unreadable();
    },
    swap: (expected, next) =>
      notes.keepNote(NAME, expected === null ? null : recordText(expected), recordText(next)),
  };
}
