/** Answers with a page for an administrator: in which language, and what caches are told about it. */

import type { Context } from "hono";
import type { AppProfile } from "../domain/app_profile.ts";
import type { ContextId } from "../domain/context_id.ts";
import { type ConsentCookie, createConsentCookie } from "./consent_cookie.ts";
import type { Env } from "./context.ts";
import { acceptedLanguage, type Language, languageOf } from "./language.ts";
import type { Html, View } from "./page_frame.ts";
import { refusalPage, statusOf } from "./page_refusal.ts";
import { type Refused, WORDS } from "./words/words.ts";

type Ctx = Context<Env>;
type Answer = Response | Promise<Response>;

export interface PagesParts {
  readonly app: AppProfile;
  /** Origin that browsers use. */
  readonly publicUrl: URL;
}

/** How a page is answered with. Says its language, and what the answer depends on. */
export interface Pages {
  readonly cookie: ConsentCookie;
  /** The language that was chosen: by the address, or before. Null if none was. */
  chosen(c: Ctx): Language | null;
  show(c: Ctx, page: (view: View) => Html, status?: number): Answer;
  /** @param more another status than the refusal's own; the tenant that should be connected */
  refuse(
    c: Ctx,
    why: Refused,
    more?: { readonly status?: number; readonly tenant?: ContextId | null },
  ): Answer;
}

/** Builds it: English, unless the address, an earlier choice or the browser asks for another. */
export function createPages({ app, publicUrl }: PagesParts): Pages {
  const cookie = createConsentCookie(publicUrl);

  const chosen = (c: Ctx): Language | null =>
    languageOf(c.req.query("lang")) ?? cookie.read(c).language;

  const show: Pages["show"] = (c, page, status = 200) => {
    const choice = chosen(c);
    const language = choice ?? acceptedLanguage(c.req.header("accept-language"));
    const requestId = c.get("requestId");
    c.header("content-language", language);
    c.header("vary", "accept-language, cookie");
    const view = { language, words: WORDS[language], isChosen: choice !== null, app, requestId };
    return c.html(page(view), status as 200);
  };

  return {
    cookie,
    chosen,
    show,
    refuse(c, why, { status = statusOf(why), tenant = null } = {}) {
      // A minute, as the page says.
      if (status === 503) c.header("retry-after", "60");
      return show(
        c,
        (view) => refusalPage(view, { why, reference: view.requestId, tenant }),
        status,
      );
    },
  };
}
