/**
 * A load generator that costs less than what it loads: raw HTTP/1.1 over kept connections, several
 * requests under way on each. Runs as a process of its own, so that the server has a core to itself.
 *
 *     deno run -A bench/load.ts URL SECONDS [AUTHORIZATION]
 *
 * Prints one JSON line: `{requests, seconds}`. Any answer but 200 ends it with exit code 1.
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

const STATUS = new TextEncoder().encode("HTTP/1.1 ");

/** Counts answers in a chunk by their first bytes; an answer never straddles them by more than one. */
function countAnswers(chunk: Uint8Array): number {
  let count = 0;
  for (let at = 0; at + STATUS.length + 3 <= chunk.length; at++) {
    if (chunk[at] !== 72 || chunk[at + 1] !== 84) continue;
    let same = 2;
    while (same < STATUS.length && chunk[at + same] === STATUS[same]) same++;
    if (same < STATUS.length) continue;
    const status = String.fromCharCode(...chunk.subarray(at + 9, at + 12));
    if (status !== "200") {
      console.error(`Cannot measure: the server answered ${status}`);
      Deno.exit(1);
    }
    count++;
    at += STATUS.length;
  }
  return count;
}

let answered = 0;
const until = performance.now() + Number(seconds) * 1000;

async function drive(): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(url.port) });
  const buffer = new Uint8Array(64 * 1024);
  while (performance.now() < until) {
    await connection.write(batch);
    let waiting = UNDER_WAY;
    while (waiting > 0) {
      const read = await connection.read(buffer);
      if (read === null) throw new Error("Cannot measure: the server closed the connection");
      const count = countAnswers(buffer.subarray(0, read));
      waiting -= count;
      answered += count;
    }
  }
  connection.close();
}

const began = performance.now();
await Promise.all(Array.from({ length: CONNECTIONS }, drive));
console.log(JSON.stringify({ requests: answered, seconds: (performance.now() - began) / 1000 }));
