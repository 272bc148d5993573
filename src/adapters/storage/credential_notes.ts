/**
 * The record of the app's credentials, as a text that is kept beside the log: either backend keeps
 * those, with the compare-and-swap that the record needs. A text that nobody can read is no record: it
 * is written over, as what it said can be found out anew.
 */

import { type CredentialRecord, parseRecord, recordText } from "../../domain/credential_record.ts";
import type { CredentialStore } from "../../usecases/credential_ports.ts";
import type { LedgerStore } from "../../usecases/ports.ts";

const NAME = "credentials";

/** Makes the credential store of a backend. */
export function createCredentialNotes(
  notes: Pick<LedgerStore, "note" | "keepNote">,
): CredentialStore {
  return {
    async get() {
      return recordIn(await notes.note(NAME));
    },
    async swap(expected, next) {
      const [text, nextText] = [textOf(expected), recordText(next)];
      if (await notes.keepNote(NAME, text, nextText)) return true;
      // Another version of this program may write the same record in other words, or none that is one.
      const found = await notes.note(NAME);
      if (found === text || textOf(recordIn(found)) !== text) return false;
      return await notes.keepNote(NAME, found, nextText);
    },
  };
}

function recordIn(text: string | null): CredentialRecord | null {
  return text === null ? null : parseRecord(text);
}

function textOf(record: CredentialRecord | null): string | null {
  return record === null ? null : recordText(record);
}
