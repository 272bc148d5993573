/** Texts of others, for people to read: nothing in them can move a terminal's cursor or hide a letter. */

/**
 * Whatever a line holds, but for letters that steer a terminal or turn the order of what follows: those
 * are spelled as JSON spells them, so that JSON stays the same JSON. Line ends and tabs stay.
 */
export function harmless(text: string): string {
  return text.replace(
    /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (letter) => `\\u${letter.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
}

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
