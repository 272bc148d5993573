/** Where a session begins: one field, and one sentence if it did not work. Never shows what was typed. */

import { html } from "hono/html";
import { frame } from "./frame.ts";
import { type Html, state } from "./words.ts";

/** Why nobody is signed in. */
export type SignInProblem = "none" | "unknown" | "no_permission" | "too_long" | "not_understood";

const PROBLEMS: Readonly<
  Record<SignInProblem, { readonly status: number; readonly sentence: Html | string }>
> = {
  none: { status: 200, sentence: "" },
  unknown: { status: 401, sentence: "This key is not one that is known here." },
  no_permission: {
    status: 403,
    sentence: html`This key is known, but its caller needs the permission <code>ledger</code> in
      <code>may</code>.`,
  },
  too_long: {
    status: 400,
    sentence: "This key is too long for a browser to keep: use one of at most 2,500 characters.",
  },
  not_understood: { status: 400, sentence: "Please enter one key." },
};

export function signInPage(
  problem: SignInProblem,
  requestId: string,
): { readonly status: number; readonly page: Html } {
  const { status, sentence } = PROBLEMS[problem];
  const isRight = problem === "none";
  const page = frame(
    { title: "Sign in", caller: null, requestId },
    html`
      <div class="card">
        <p>For security teams: what the keys signed, for whom, and how the ledger stands.</p>
        ${isRight ? "" : html`<p id="problem" class="problem">${state("bad", sentence)}</p>`}
        <form method="post" action="/console/sign-in">
          <label for="credential">Key of a caller that may <code>ledger</code></label>
          <input id="credential" name="credential" type="password" required autocomplete="off"
            autocapitalize="off" spellcheck="false"
            ${isRight ? "" : html`aria-invalid="true" aria-describedby="problem"`}>
          <button>Sign in</button>
        </form>
        <p class="small">Your browser keeps the key encrypted in a cookie that only this console reads.
          You are signed out after 15 minutes without a request, and after 8 hours at the latest.</p>
      </div>
    `,
  );
  return { status, page };
}
