/**
 * A load generator that costs less than what it loads: raw HTTP/1.1 over kept connections, several
 * requests under way on each. Runs as a process of its own, so that the server has a core to itself.
 *
 *     deno run -A bench/processes/load.ts URL SECONDS [AUTHORIZATION]
 *
 * Prints one JSON line: `{requests, seconds}`. Every answer must be a 200 of the first one's size,
 * which holds for a ticket from memory and for a constant; anything else ends it with an error.
 */

const CONNECTIONS = 32;
const UNDER_WAY = 4;

const [address, seconds, authorization] = Deno.args;
const url = new URL(address!);
const request = new TextEncoder().encode(
  [
    `GET ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    ...(authorization === undefined ? [] : [`authorization: ${authorization}`]),
    "accept: application/json",
    "",
    "",
  ].join("\r\n"),
);
const batch = new Uint8Array(request.length * UNDER_WAY);
for (let place = 0; place < UNDER_WAY; place++) batch.set(request, place * request.length);

const BEGIN = new TextEncoder().encode("HTTP/1.1 200 ");

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** @throws unless what there is of an answer's beginning is that of a 200 */
function requireBegin(chunk: Uint8Array, at: number): void {
  for (let place = 0; place < BEGIN.length && at + place < chunk.length; place++) {
    if (chunk[at + place] === BEGIN[place]) continue;
    const found = String.fromCharCode(...chunk.subarray(at, at + BEGIN.length));
    throw new Error(`Cannot measure: an answer is no 200 of the first one's size: ${found}`);
  }
}

/** Length of one whole answer, headers and body. */
async function answerSize(): Promise<number> {
  const connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  await writeAll(connection, request);
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (;;) {
    const read = await connection.read(buffer);
    if (read === null) throw new Error("Cannot measure: the server closed the connection");
    text += String.fromCharCode(...buffer.subarray(0, read));
    const body = text.indexOf("\r\n\r\n") + 4;
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
    if (body < 4 || length === undefined || text.length < body + Number(length)) continue;
    connection.close();
    requireBegin(new TextEncoder().encode(text.slice(0, BEGIN.length)), 0);
    return body + Number(length);
  }
}

const size = await answerSize();
let answered = 0;
const began = performance.now();
const until = began + Number(seconds) * 1000;

async function drive(): Promise<void> {
  const connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  const buffer = new Uint8Array(64 * 1024);
  while (performance.now() < until) {
    await writeAll(connection, batch);
    // Answers stand one after another, so the place in the batch tells where each begins.
    for (let place = 0; place < UNDER_WAY * size;) {
      const read = await connection.read(buffer);
      if (read === null) throw new Error("Cannot measure: the server closed the connection");
      const chunk = buffer.subarray(0, read);
      for (let at = (size - place % size) % size; at < read; at += size) requireBegin(chunk, at);
      place += read;
    }
    answered += UNDER_WAY;
  }
  connection.close();
}

await Promise.all(Array.from({ length: CONNECTIONS }, drive));
console.log(JSON.stringify({ requests: answered, seconds: (performance.now() - began) / 1000 }));
