/** Texts of others, for people to read: nothing in them can move a terminal's cursor or hide a letter. */

/** The longest that is of use; user agents may have kilobytes. */
const MOST_LETTERS = 200;

/** A text of somebody else's: what is no visible letter is spelled out, what is too long cut. */
export function shown(text: string | null): string {
  if (text === null) return "unknown";
  const letters = [...text];
  const cut = letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS).join("")}…` : text;
  return cut.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (letter) => `\\u{${letter.codePointAt(0)!.toString(16)}}`,
  );
}
