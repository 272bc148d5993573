/** The languages of the pages, and which of them somebody gets. Unknown wishes are no fault. */

/** In the order in which they are offered. */
export const LANGUAGES = ["en", "nb", "sv", "da", "de", "nl", "fi"] as const;
export type Language = typeof LANGUAGES[number];

/** Norwegian has two written forms and a name for both; we have one. */
const OTHER_NAMES: Readonly<Record<string, Language>> = { no: "nb", nn: "nb" };

/** More than any browser sends. */
const MAX_HEADER_LENGTH = 1000;

/**
 * Which language a tag stands for: its primary subtag decides (RFC 5646, section 2.2.1).
 *
 * @param tag for example `de`, `de-AT` or `NB`
 * @returns null if it is none of ours
 */
export function languageOf(tag: string | null | undefined): Language | null {
  const primary = /^([a-z]{2})(?:-[a-z0-9]{1,8})*$/i.exec(tag ?? "")?.[1]?.toLowerCase();
  if (primary === undefined) return null;
  return LANGUAGES.find((known) => known === primary) ?? OTHER_NAMES[primary] ?? null;
}

/**
 * The first of ours that a browser wants, by weight (RFC 9110, sections 12.4.2 and 12.5.4).
 *
 * @param header `Accept-Language`, as it came
 * @returns English if it wants none of ours
 */
export function acceptedLanguage(header: string | undefined): Language {
  if (header === undefined || header.length > MAX_HEADER_LENGTH) return "en";
  const wishes = header.split(",").flatMap((wish) => {
    const [, range, weight = "1"] =
      /^\s*([a-z0-9*-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i.exec(wish) ?? [];
    const language = range === "*" ? "en" : languageOf(range);
    return language === null || Number(weight) === 0 ? [] : [{ language, weight: Number(weight) }];
  });
  // Sorting keeps the order of equals.
  return wishes.sort((one, other) => other.weight - one.weight)[0]?.language ?? "en";
}
