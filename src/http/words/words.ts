/**
 * What the administrators' pages say, in each language. A language that lacks a text does not compile.
 * Texts are plain: no markup, and whatever is put into one is escaped with it.
 */

import type { ConsentRefusal } from "../../usecases/consent_refusal.ts";
import type { Language } from "../language.ts";
import { da } from "./da.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { fi } from "./fi.ts";
import { nb } from "./nb.ts";
import { nl } from "./nl.ts";
import { sv } from "./sv.ts";

/**
 * Everything that a page may have to refuse. `link_incomplete`: its tenant is none, or parameters stand
 * there twice.
 */
export type Refused = ConsentRefusal | "not_found" | "link_incomplete";

/** What the vendor calls things. Null: said in general words. */
export interface Names {
  readonly app: string | null;
  readonly vendor: string | null;
}

/** A text that may name the application or its vendor. */
export type Text = (names: Names) => string;

export interface Words {
  /** What the language calls itself. */
  readonly name: string;
  /** On the one button. */
  readonly connect: string;
  readonly start: string;
  readonly language: string;
  readonly privacy: string;
  readonly support: string;
  readonly by: (vendor: string) => string;
  readonly contact: Text;
  /** Before the reference of an answer. */
  readonly reference: string;
  readonly company: string;
  readonly tenant: string;
  readonly landing: {
    readonly title: Text;
    readonly intro: Text;
    readonly next: string;
    /** @param host where SuperOffice's sign-in is */
    readonly signIn: (host: string) => string;
    readonly approve: Text;
    readonly back: string;
    readonly good: string;
    /** SuperOffice's names of rights stay English, as in its own help in other languages. */
    readonly rights: string;
    /** SuperOffice's help says so of system users. */
    readonly power: Text;
    readonly kept: string;
    readonly record: string;
    /** Uninstalling ends the access; what is kept goes when the vendor removes the tenant. */
    readonly end: Text;
  };
  readonly connected: {
    readonly title: string;
    readonly done: Text;
    readonly end: Text;
  };
  readonly renewed: { readonly title: string; readonly done: string };
  readonly nothing: { readonly title: string; readonly text: string };
  /** On refusals of what was brought before: it may have worked. */
  readonly seen: { readonly text: string; readonly link: string };
  /** One sentence each, with what to do next. */
  readonly refusals: Readonly<Record<Refused, { readonly title: string; readonly todo: Text }>>;
}

export const WORDS: Readonly<Record<Language, Words>> = { en, nb, sv, da, de, nl, fi };
