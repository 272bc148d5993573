/** Bodies of requests: up to a limit they are kept whole, larger ones go on as they come. */

import { HTTPException } from "hono/http-exception";
import type { RelayBody } from "../usecases/superoffice_ports.ts";

/** Bodies up to this are kept until the answer is there, so that they can be sent again. */
export const MAX_REPLAY_BYTES = 1024 * 1024;

const FIRST_BYTES = 16 * 1024;

/**
 * @returns all of a body up to the limit; a stream of all of it beyond; null if it is empty
 * @throws HTTPException 400 if the caller leaves before
 */
export async function readBody(
  { body, headers }: Request,
  maxBytes = MAX_REPLAY_BYTES,
  onGone: () => void = () => {},
): Promise<RelayBody> {
  if (body === null) return null;
  const read = readerOf(body, headers.has("transfer-encoding"));
  let kept = new Uint8Array(FIRST_BYTES);
  let bytes = 0;
  while (bytes <= maxBytes) {
    const piece = await read.next().catch(gone);
    if (piece === undefined) return bytes === 0 ? null : kept.subarray(0, bytes);
    kept = withRoom(kept, bytes + piece.byteLength);
    kept.set(piece, bytes);
    bytes += piece.byteLength;
  }
  let first: Uint8Array | null = kept.subarray(0, bytes);
  kept = new Uint8Array();
  return new ReadableStream({
    async pull(controller) {
      const piece = first ?? await read.next().catch((error: unknown) => {
        onGone();
        throw error;
      });
      first = null;
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
    cancel: read.cancel,
  });
}

/** Whoever leaves while sending has met no fault of ours, and hears no answer. */
function gone(): never {
  throw new HTTPException(400);
}

/**
 * For a body in chunks (RFC 9112, section 7.1), Deno 2.9 takes as much from the connection as there is
 * room for in a piece, and gives out one chunk at most: where the room is a chunk's, it gathers half
 * the body, and moves all of that at each step. With little room it gathers nearly nothing.
 */
const CHUNKED_PIECE_BYTES = 4096;

function readerOf(body: ReadableStream<Uint8Array>, isChunked: boolean) {
  const [next, cancel] = (isChunked ? smallPieces(body) : null) ?? pieces(body);
  return {
    /** Undefined at the end. */
    async next(): Promise<Uint8Array | undefined> {
      const { done, value } = await next();
      return done ? undefined : value;
    },
    cancel,
  };
}

function pieces(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  return [() => reader.read(), (reason: unknown) => reader.cancel(reason)] as const;
}

/** Null for a body that is there already, which is no stream of bytes for Deno. */
function smallPieces(body: ReadableStream<Uint8Array>) {
  const reader = byobReaderOf(body);
  return reader && [
    () => reader.read(new Uint8Array(CHUNKED_PIECE_BYTES)),
    (reason: unknown) => reader.cancel(reason),
  ] as const;
}

function byobReaderOf(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

/**
 * Pieces are copied, because each keeps the whole buffer that it was read into: a caller who sends byte by
 * byte would fill the memory with a megabyte.
 */
function withRoom(kept: Uint8Array<ArrayBuffer>, bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes <= kept.byteLength) return kept;
  return new Uint8Array(kept.buffer.transfer(Math.max(bytes, 2 * kept.byteLength)));
}
