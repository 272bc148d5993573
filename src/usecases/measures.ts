/**
 * Everything that is measured, as wrappings: each takes a part of the service and returns it with its
 * measurements around it. A service without telemetry has none of them, and nothing of this file.
 */

import { after } from "../domain/after.ts";
import { PartFault } from "../domain/part_fault.ts";
import { SignerFault } from "../domain/signer_fault.ts";
import type { Outcome } from "../domain/refusal.ts";
import type { Admission, Admitted } from "./admission.ts";
import type { Consents } from "./consent.ts";
import type { Exchanging } from "./exchanging.ts";
import type { Ledger } from "./ledger.ts";
import type { Callers, Clock, Log, Signer } from "./ports.ts";
import type { Exchange, TenantStates } from "./superoffice_ports.ts";
import type { Ending, Telemetry } from "./telemetry_ports.ts";
import type { Handout } from "./ticket_flight.ts";
import type { TicketStore } from "./ticket_ports.ts";
import type { Tickets } from "./tickets.ts";

/** The wrappings. Each gives back what behaves exactly as what it was given. */
export interface Measures {
  tickets(tickets: Tickets): Tickets;
  callers(callers: Callers): Callers;
  admission(admission: Admission): Admission;
  consents(consents: Consents): Consents;
  exchanging(exchanging: Exchanging): Exchanging;
  ledger(ledger: Ledger): Ledger;
  signer(signer: Signer): Signer;
  /** What is asked of SuperOffice for a ticket. */
  superoffice<T extends AskedOfSuperOffice>(superoffice: T): T;
  /** @param name of the port: its operations are told as `name.verb` */
  store<T extends object>(name: string, port: T): T;
  ticketStore(store: TicketStore): TicketStore;
  /** Its lines say which trace they belong to: `trace_id`. */
  log(log: Log): Log;
  /** For work that goes on in another thread. Empty: in no trace. */
  traceparent(): string;
}

interface AskedOfSuperOffice {
  readonly exchanges: readonly Exchange[];
  readonly states: TenantStates;
}

/** @param clock what tickets' ends are compared with */
export function createMeasures(telemetry: Telemetry, clock: Pick<Clock, "now">): Measures {
  const store: Measures["store"] = (name, port) => measuredPort(telemetry, name, port);
  return {
    tickets: (tickets) => measuredTickets(telemetry, clock, tickets),
    ...measuredDoors(telemetry),
    exchanging: (exchanging) => ({
      run: (...args) => telemetry.span("ticket.exchange", () => exchanging.run(...args)),
    }),
    ledger: (ledger) => ({
      ...ledger,
      record: (...args) =>
        telemetry.measure(
          { span: "ledger.append", histogram: "ledger.append.duration", labels: () => ({}) },
          () => ledger.record(...args),
        ),
    }),
    signer: (signer) => measuredSigner(telemetry, signer),
    superoffice: (superoffice) => ({
      ...superoffice,
      exchanges: superoffice.exchanges.map((exchange) => measuredExchange(telemetry, exchange)),
      states: {
        read: (...args) =>
          telemetry.span("superoffice.tenant_state", () => superoffice.states.read(...args)),
      },
    }),
    store,
    ticketStore(tickets) {
      const measured = store("tickets", tickets);
      return {
        ...measured,
        async lease(...args) {
          const answer = await measured.lease(...args);
          telemetry.count("lease.results", { result: answer.kind });
          return answer;
        },
      };
    },
    log: (log) => tracedLog(telemetry, log),
    traceparent: () => telemetry.trace()?.traceparent ?? "",
  };
}

/** A ticket from memory is still answered without a promise. */
function measuredTickets(
  telemetry: Telemetry,
  clock: Pick<Clock, "now">,
  tickets: Tickets,
): Tickets {
  const note = (outcome: Outcome<Handout>): Outcome<Handout> => {
    const source = outcome.ok ? outcome.value.source : "none";
    telemetry.count("ticket.requests", { source });
    if (outcome.ok) {
      const leftMs = outcome.value.ticket.expiresAt - clock.now();
      telemetry.record("ticket.remaining_life", leftMs / 1000, {});
    }
    return outcome;
  };
  return {
    ...tickets,
    get: (...args) => after(tickets.get(...args), note),
    replace: async (...args) => note(await tickets.replace(...args)),
  };
}

/** Who comes in, and whose consent. */
function measuredDoors(
  telemetry: Telemetry,
): Pick<Measures, "callers" | "admission" | "consents"> {
  const refused = (reason: string) => telemetry.count("caller.refusals", { reason });
  const noteAdmitted = (admitted: Admitted): Admitted => {
    if (admitted.refusal !== null) refused(admitted.refusal.code);
    return admitted;
  };
  return {
    callers: (callers) => ({
      identify: (...args) =>
        after(callers.identify(...args), (caller) => {
          if (caller === null) refused("caller_unknown");
          return caller;
        }),
    }),
    admission: (admission) => ({
      count: (...args) => after(admission.count(...args), noteAdmitted),
      judge: (...args) => after(admission.judge(...args), noteAdmitted),
    }),
    consents: (consents) => ({
      ...consents,
      complete: (...args) =>
        telemetry.span("consent.complete", async () => {
          const outcome = await consents.complete(...args);
          const reason = outcome.kind === "refused" ? outcome.why : outcome.kind;
          telemetry.count("consent.results", { reason });
          return outcome;
        }),
    }),
  };
}

function measuredSigner(telemetry: Telemetry, signer: Signer): Signer {
  const { keyVersion } = signer;
  return {
    ...signer,
    sign: (...args) =>
      telemetry.measure({
        span: "key.sign",
        histogram: "signature.duration",
        labels: (ending) => ({ outcome: outcomeOf(ending, "signed"), key_version: keyVersion }),
      }, () => signer.sign(...args)),
  };
}

function measuredExchange(telemetry: Telemetry, exchange: Exchange): Exchange {
  return {
    prepare: () => telemetry.span("superoffice.login_keys", () => exchange.prepare()),
    exchange: (...args) =>
      telemetry.measure({
        span: "superoffice.exchange",
        histogram: "exchange.duration",
        labels: (ending) => ({
          outcome: ending.kind === "returned" ? ending.value.kind : outcomeOf(ending, ""),
        }),
      }, () => exchange.exchange(...args)),
  };
}

/** Its members must be functions that return promises, as those of every port of the store. */
function measuredPort<T extends object>(telemetry: Telemetry, name: string, port: T): T {
  const measured = Object.entries(port).map(([verb, call]) => {
    const operation = `${name}.${verb}`;
    const told = {
      span: `store.${operation}`,
      histogram: "store.duration",
      labels: (ending: Ending<unknown>) => ({ operation, outcome: outcomeOf(ending, "ok") }),
    } as const;
    return [verb, (...args: unknown[]) => telemetry.measure(told, () => call(...args))];
  });
  return Object.fromEntries(measured) as T;
}

/** @returns a word of ours: an error that nobody foresaw is a `fault` */
function outcomeOf(ending: Ending<unknown>, success: string): string {
  if (ending.kind === "returned") return success;
  const { error } = ending;
  return error instanceof PartFault || error instanceof SignerFault ? error.reason : "fault";
}

function tracedLog(telemetry: Telemetry, log: Log): Log {
  const line = (level: keyof Log): Log[typeof level] => (event, fields) => {
    const trace = telemetry.trace();
    log[level](event, trace === null ? fields : { ...fields, trace_id: trace.id });
  };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
