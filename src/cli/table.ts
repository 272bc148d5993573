/**
 * Columns and instants for people at a terminal. Texts of others are spelled out by `shown` before they
 * get here: this only knows how wide letters are.
 */

/** @returns a line for each row, its columns aligned; the last one is as long as it is */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  }
  return rows.map((row) =>
    row.map((cell, column) => {
      const isLast = column === row.length - 1;
      return isLast ? cell : cell + " ".repeat(widths[column]! - widthOf(cell));
    }).join("  ").trimEnd()
  );
}

/** @returns the text, cut to so many columns of a terminal */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const { segment } of LETTERS.segment(text)) {
    width += letterWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** @returns an instant, UTC, to the second */
export function brief(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, "Z");
}

/** What a reader takes for one letter, accents included. */
const LETTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of LETTERS.segment(text)) width += letterWidth(segment);
  return width;
}

/** What terminals draw over two columns (Unicode Standard Annex 11: wide and fullwidth), and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

function letterWidth(letter: string): number {
  return WIDE.test(letter) ? 2 : 1;
}
