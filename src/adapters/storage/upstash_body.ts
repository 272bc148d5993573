/** Reads an answer of Upstash's, or of whoever answers in its place, and no more of it than there may be. */

/** What one command brings here is a record or a few lines about the database. */
const MAX_BODY_BYTES = 1024 * 1024;

/** @throws SyntaxError for what is no JSON or too large, and what reading throws */
export async function readJson(answer: Response): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new SyntaxError("too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return JSON.parse(text + decoder.decode());
}
