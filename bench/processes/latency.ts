/**
 * A caller with a stopwatch: a few kept connections, one request under way on each, every answer's time
 * noted. Raw HTTP/1.1, so that the stopwatch itself hardly moves.
 *
 * One JSON line in and out for each measurement (see `support/latency.ts`): started once and warm, it
 * sees no start of its own. Any answer but 200 ends it with an error.
 */

import { answerLines } from "../support/dialogue.ts";
import type { Measurement, Times } from "../support/latency.ts";

/** One connection's answers until the time is over. */
async function drive({ url: address, authorization }: Measurement, until: number) {
  const url = new URL(address);
  const request = new TextEncoder().encode(
    [
      `GET ${url.pathname} HTTP/1.1`,
      `host: ${url.host}`,
      `authorization: ${authorization}`,
      "",
      "",
    ].join("\r\n"),
  );
  const connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  connection.setNoDelay(true);
  const buffer = new Uint8Array(16 * 1024);
  const times: number[] = [];
  while (performance.now() < until) {
    const began = performance.now();
    if (await connection.write(request) !== request.length) throw new Error("Cannot send at once");
    await readAnswer(connection, buffer);
    times.push(performance.now() - began);
  }
  connection.close();
  return times;
}

const decoder = new TextDecoder("latin1");

async function readAnswer(connection: Deno.TcpConn, buffer: Uint8Array): Promise<void> {
  let text = "";
  for (;;) {
    const read = await connection.read(buffer);
    if (read === null) throw new Error("Cannot measure: the server closed the connection");
    text += decoder.decode(buffer.subarray(0, read));
    const body = text.indexOf("\r\n\r\n") + 4;
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
    if (body < 4 || length === undefined || text.length < body + Number(length)) continue;
    if (text.startsWith("HTTP/1.1 200 ")) return;
    throw new Error(`Cannot measure: the server answered ${text.slice(9, 12)}`);
  }
}

await answerLines(async (measurement: Measurement): Promise<Times> => {
  const until = performance.now() + measurement.milliseconds;
  const drivers = Array.from({ length: measurement.connections }, () => drive(measurement, until));
  return { times: (await Promise.all(drivers)).flat() };
});
