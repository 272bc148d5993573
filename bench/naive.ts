/**
 * The naive way — sign and exchange for each call, as the vendor's samples do — against asking Box
 * Office for each call, at the same rate of arrival: signatures, exchanges, and how long a call waits
 * for its ticket. An exchange takes 300 ms. Times count from when a call was due, so that one who
 * falls behind cannot hide it.
 */

import { startService } from "./support/children.ts";
import { type Arrivals, startCallers } from "./support/arrivals.ts";
import { figure, percentile, ratios, spread, title } from "./support/report.ts";
import { addTenant, pathOf, requireTicket } from "../tests/support/stored_tenants.ts";
import { createWorld, type World } from "./support/world.ts";

const PAIRS = 5;
const PER_SECOND = 40;
const SECONDS = 2;
const EXCHANGE_MS = 300;

interface Cost {
  readonly signatures: number;
  readonly exchanges: number;
  readonly p50: number;
  readonly p99: number;
}

export async function naive(): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const world = await createWorld("sqlite");
  ending.defer(world.close);
  const service = await startService(world.env);
  ending.defer(service.end);
  const callers = startCallers();
  ending.defer(callers.end);
  const { superoffice, kms } = world;
  await requireTicket(service.url, world.apiKey, await addTenant(world), "exchange");
  superoffice.control.set({ exchangeDelayMs: EXCHANGE_MS });

  const rate = { perSecond: PER_SECOND, seconds: SECONDS };
  const ours: Cost[] = [];
  const theirs: Cost[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    // Nobody has asked for this tenant before: our first exchange is in the figures.
    const tenant = await addTenant(world);
    const { system_user_token } = superoffice.control.approve(tenant);
    theirs.push(
      await costOf(world, () =>
        callers.run({
          ...rate,
          way: "naive",
          kms: `${kms.url}/v1/${kms.keyVersion}:asymmetricSign`,
          exchange: `${superoffice.url}/Login/api/PartnerSystemUser/Authenticate`,
          clientSecret: superoffice.clientSecret,
          contextIdentifier: tenant,
          systemUserToken: system_user_token,
        })),
    );
    const url = `${service.url}${pathOf(tenant)}`;
    ours.push(
      await costOf(
        world,
        () => callers.run({ ...rate, way: "box office", url, authorization: world.apiKey }),
      ),
    );
  }

  const of = (costs: readonly Cost[], what: keyof Cost) => costs.map((cost) => cost[what]);
  const calls = PER_SECOND * SECONDS;
  title(
    `naive: ${calls} calls at ${PER_SECOND} a second, each in need of a ticket, ${PAIRS} pairs`,
  );
  for (const what of ["signatures", "exchanges"] as const) {
    figure(`${what}, naive`, spread(of(theirs, what), 0));
    figure(`${what}, Box Office`, spread(of(ours, what), 0));
  }
  for (const what of ["p50", "p99"] as const) {
    figure(`wait for a ticket, ${what}, naive`, spread(of(theirs, what), 1, "ms"));
    figure(`wait for a ticket, ${what}, Box Office`, spread(of(ours, what), 1, "ms"));
    figure(`${what}, naive / Box Office`, spread(ratios(of(theirs, what), of(ours, what)), 1));
  }
}

async function costOf({ superoffice, kms }: World, run: () => Promise<Arrivals>): Promise<Cost> {
  const exchanges = superoffice.control.exchangeCount();
  const signatures = kms.signatures();
  const { times } = await run();
  return {
    signatures: kms.signatures() - signatures,
    exchanges: superoffice.control.exchangeCount() - exchanges,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  };
}
