/** What tests of the administrators' pages share: a service, its pages as a reader and a browser see them. */

import assert from "node:assert/strict";
import type { Language } from "../../src/http/language.ts";
import { type Refused, WORDS } from "../../src/http/words/words.ts";
import { type Answer, send } from "./callback.ts";
import { startService, type TestService } from "./service.ts";

/** Nobody said what anything is called. */
export const PLAIN = { app: null, vendor: null };

/** Everything that a page refuses. */
export const REFUSED = Object.keys(WORDS.en.refusals) as Refused[];

/** A service of this environment, for one test. */
export async function withPages(
  env: Readonly<Record<string, string>>,
  test: (service: TestService) => Promise<void>,
): Promise<void> {
  const service = await startService({ env });
  try {
    await test(service);
  } finally {
    await service.close();
  }
}

/** Asks for one of our addresses. */
export const get = (
  { url }: TestService,
  path: string,
  headers: Readonly<Record<string, string>> = {},
) => send(new URL(path, url), { headers });

/** What a reader would read; entities as they look. */
export const read = (body: string) =>
  body.replaceAll(/<[^>]*>/g, " ").replaceAll("&amp;", "&").replaceAll(/\s+/g, " ");

/** The heading, as it stands there. */
export const titleOf = ({ body }: Answer) => /<h1>(.*?)<\/h1>/.exec(body)?.[1];

/** All addresses of a page, as a browser would follow them. */
export const linksOf = ({ body }: Answer) =>
  [...body.matchAll(/\s(?:href|action|src)="([^"]*)"/g)].map(([, to]) =>
    to!.replaceAll("&amp;", "&")
  );

/** The page is in this language, says so, and marks it in its choice. */
export function assertLanguage(answer: Answer, language: Language): void {
  assert.match(answer.body, new RegExp(`<html lang="${language}">`));
  assert.equal(answer.headers.get("content-language"), language);
  assert.equal(answer.headers.get("vary"), "accept-language, cookie");
  const current = [...answer.body.matchAll(/<a [^>]*hreflang="(\w+)"\s*aria-current="true"/g)];
  assert.deepEqual(current.map(([, tag]) => tag), [language]);
}
