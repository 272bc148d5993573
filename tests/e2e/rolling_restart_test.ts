/**
 * Three processes on one Redis behind a balancer that tries nothing twice, callers who never stop, and
 * SIGTERM to one process after the other, each with another in its place.
 */

import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { startBalancer } from "../support/balancer.ts";
import { type Process, startTask } from "../support/processes.ts";
import { requires } from "../support/requirement.ts";
import { TENANT } from "../support/service.ts";
import { type SharedWorld, startSharedWorld } from "../support/shared_world.ts";

const LISTENS = /^Box Office listens at (\S+?)\/$/;
const TICKET = `/v1/tenants/${TENANT}/ticket`;
const CALLERS = 12;

/** Many times what this balancer needs to learn of it, on a busy machine too. */
const DRAIN_SECONDS = "1";

interface Served {
  readonly process: Process;
  readonly url: string;
}

async function serve(world: SharedWorld, started: Process[]): Promise<Served> {
  const process = startTask("start", { env: { ...world.env, DRAIN_SECONDS } });
  started.push(process);
  const [, url] = await process.line(LISTENS);
  return { process, url: url! };
}

/** Asks for everything that callers ask for, one after the other, until told to stop. */
function startCallers(world: SharedWorld, url: string) {
  const answers = new Map<string, number>();
  let isOver = false;
  const asks: readonly (() => Promise<Response>)[] = [
    () => world.call(url, TICKET),
    () => world.call(url, `/v1/tenants/${TENANT}/api/v1/Contact/default`),
    () => world.call(url, "/v1/tenants"),
    () => world.call(url, "/v1/ledger/checkpoint"),
  ];
  const call = async (turn: number) => {
    for (; !isOver; turn++) {
      const at = turn % asks.length;
      const answer = await asks[at]!();
      const text = await answer.text();
      const key = answer.status === 200 ? "200" : `${answer.status} to ${at}: ${text}`;
      answers.set(key, (answers.get(key) ?? 0) + 1);
    }
  };
  const calling = Promise.all(Array.from({ length: CALLERS }, (_, turn) => call(turn)));
  return {
    async stop() {
      isOver = true;
      await calling;
      return answers;
    },
  };
}

Deno.test({
  name: "a rolling restart under load fails no request",
  ...requires("redis-server"),
  async fn() {
    await using ending = new AsyncDisposableStack();
    const world = await startSharedWorld();
    ending.defer(world.close);
    const started: Process[] = [];
    ending.defer(async () => void await Promise.all(started.map((process) => process.end())));
    const balancer = startBalancer();
    ending.defer(balancer.close);
    const first = await Promise.all([1, 2, 3].map(() => serve(world, started)));
    equal((await world.consent(first[0]!.url)).url.pathname, "/consent/done");
    await Promise.all(first.map(({ url }) => balancer.add(url)));
    const callers = startCallers(world, balancer.url);
    const exits: number[] = [];
    for (const { process } of first) {
      const { url } = await serve(world, started);
      await balancer.add(url);
      process.kill("SIGTERM");
      exits.push((await process.exit()).code);
    }
    const answers = await callers.stop();
    deepStrictEqual(balancer.failures, []);
    deepStrictEqual([...answers.keys()], ["200"]);
    ok(answers.get("200")! > 100, "too few requests to show anything");
    deepStrictEqual(exits, [0, 0, 0]);
    equal(world.kms.signatures(), 1);
  },
});
