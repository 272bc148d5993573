/**
 * Trades a signed system user token for a ticket: asks in the configured flavour, judges the answer,
 * verifies the token in it. One call is one request; it never repeats one.
 */

import { PartFault } from "../../domain/part_fault.ts";
import type { Secret } from "../../domain/secret.ts";
import type { Exchange } from "../../usecases/superoffice_ports.ts";
import type { Endpoints } from "./endpoints.ts";
import { buildRestRequest, judgeRestAnswer } from "./exchange_rest.ts";
import { readExchangeToken } from "./exchange_token.ts";
import { type CallOptions, createCalls } from "./http.ts";
import type { LoginKeys } from "./login_keys.ts";

export interface ExchangeOptions extends CallOptions {
  readonly endpoints: Endpoints;
  readonly flavour: "rest" | "soap";
  readonly clientSecret: Secret;
  readonly keys: LoginKeys;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * SuperOffice refuses a signed text whose time is a quarter of an hour off, and gives no reason: then it
 * is our clock or theirs, not the tenant. What is signed is cut to the minute, and an answer takes time.
 */
const CLOCKS_APART_MS = 12 * 60_000;

export function createExchange(options: ExchangeOptions): Exchange {
  const { endpoints, clientSecret, keys, now } = options;
  const calls = createCalls(options);
  const open = {
    rest: () => Promise.resolve(openRest(endpoints)),
    soap: () => openSoap(endpoints),
  };
  return {
    async prepare() {
      // Whichever key it finds: what counts is that the keys are at hand.
      await keys.find(undefined);
    },
    async exchange(signedSystemToken, tenant, signal) {
      const { contextIdentifier } = tenant;
      const question = { clientSecret, contextIdentifier, signedSystemToken };
      const flavour = await open[options.flavour]();
      const answer = await calls(flavour.build(flavour.url, question), signal);
      const verdict = flavour.judge(answer);
      switch (verdict.kind) {
        case "refused":
          return isFarOff(answer.date, now()) ? { kind: "unfit", reason: "clock" } : verdict;
        case "down":
          throw new PartFault("superoffice", "status");
        case "token":
          return await readExchangeToken(
            verdict.token,
            tenant,
            keys.find,
            endpoints.tenantHosts,
            now(),
          );
        default:
          return verdict;
      }
    },
  };
}

function isFarOff(date: number | null, now: number): boolean {
  return date !== null && Math.abs(now - date) > CLOCKS_APART_MS;
}

function openRest({ restExchange }: Endpoints) {
  return { url: restExchange, build: buildRestRequest, judge: judgeRestAnswer };
}

/** Loads its XML reader when the first SOAP exchange needs it. */
async function openSoap({ soapExchange }: Endpoints) {
  const { buildSoapRequest, judgeSoapAnswer } = await import("./exchange_soap.ts");
  return { url: soapExchange, build: buildSoapRequest, judge: judgeSoapAnswer };
}
