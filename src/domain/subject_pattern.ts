/** Patterns for the subjects of callers' tokens. */

/**
 * Compiles a subject pattern. A subject matches whole; `*` stands for one or more ordinary characters
 * inside one part, where parts end at `/` and `:`. No regular expression, because one with many stars takes
 * time without bound.
 */
export function subjectMatcher(pattern: string): (subject: string) => boolean {
  const wanted = splitParts(pattern).map((part) => part.split(/\*+/));
  const own = unusual(pattern);
  return (subject) => {
    const parts = splitParts(subject);
    return unusual(subject) === own && parts.length === wanted.length &&
      wanted.every((pieces, index) => matchesPieces(parts[index]!, pieces));
  };
}

/**
 * What no `*` stands for: spaces, what is not printable ASCII, and `%`, which could be any of that once
 * more. Look-alikes are made of it.
 */
function unusual(text: string): string {
  return text.replaceAll(/[!-$&-~]/g, "");
}

/** Parts and the marks between them, in turn. */
function splitParts(text: string): string[] {
  return text.split(/([/:])/);
}

/** Takes each piece at the first place where it fits: if any choice leads to a match, this one does. */
function matchesPieces(text: string, pieces: readonly string[]): boolean {
  const [first = "", ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let end = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, end + 1);
    if (found < 0) return false;
    end = found + piece.length;
  }
  return text.endsWith(last) && text.length - last.length > end;
}
