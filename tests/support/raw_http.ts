/** HTTP/1.1 by hand, for requests that no proper client would send. One request a connection. */

import type { Answer } from "./callback.ts";

const encoder = new TextEncoder();

/**
 * Sends bytes as they are and reads until the other side closes; say `connection: close` in the head.
 *
 * @param head request line and header lines, without the empty line
 * @param body parts; what the server no longer wants to read is not sent
 */
export async function sendRaw(
  url: URL,
  head: readonly string[],
  body: Iterable<Uint8Array | string> = [],
): Promise<Answer> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(url.port) });
  try {
    const writing = write(connection, head, body);
    const text = await readAll(connection);
    await writing;
    return parse(text);
  } finally {
    connection.close();
  }
}

async function write(
  connection: Deno.Conn,
  head: readonly string[],
  body: Iterable<Uint8Array | string>,
): Promise<void> {
  try {
    await writeAll(connection, [...head, "", ""].join("\r\n"));
    for (const part of body) await writeAll(connection, part);
  } catch {
    // The answer came first, and the rest of the request is not wanted.
  }
}

async function writeAll(connection: Deno.Conn, part: Uint8Array | string): Promise<void> {
  let bytes = typeof part === "string" ? encoder.encode(part) : part;
  while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
}

async function readAll(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  try {
    for (let read = await connection.read(buffer); read !== null;) {
      text += decoder.decode(buffer.subarray(0, read), { stream: true });
      read = await connection.read(buffer);
    }
  } catch (error) {
    // A reset after the answer is how a server says that it did not read everything.
    if (text === "") throw error;
  }
  return text + decoder.decode();
}

function parse(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const [status = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { status: Number(status.split(" ")[1]), headers, body: text.slice(end + 4) };
}
