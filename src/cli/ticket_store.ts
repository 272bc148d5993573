/** The store of tickets with somebody who tells what it answered. Changes nothing of it. */

import { maskedTicket, type Teller, timed } from "./ticket_teller.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { LeaseAnswer, TicketStore } from "../usecases/ticket_ports.ts";

/** What the store said that explains an outcome. */
export interface Remembered {
  /** A refusal that is older than this command: SuperOffice was not asked. */
  refusal: Refusal | null;
}

export function watchTickets(
  store: TicketStore,
  teller: Teller,
  remembered: Remembered,
): TicketStore {
  let isWaiting = false;
  return {
    ...store,
    async get(tenant, now) {
      const [ticket, took] = await timed(() => store.get(tenant, now));
      if (ticket === null) teller.step("store", took, "no ticket");
      else {
        teller.hide(ticket.ticket);
        const until = new Date(ticket.expiresAt).toISOString();
        const masked = maskedTicket(ticket.ticket);
        teller.step("store", took, `${masked}, generation ${ticket.generation}, until ${until}`);
      }
      return ticket;
    },
    async lease(tenant, request) {
      const [answer, took] = await timed(() => store.lease(tenant, request));
      if (answer.kind === "hit") teller.hide(answer.ticket.ticket);
      if (answer.kind === "refused") remembered.refusal = answer.refusal;
      if (answer.kind !== "wait" || !isWaiting) {
        teller.step("lease", took, leaseText(answer, request.leaseMs));
      }
      isWaiting = answer.kind === "wait";
      return answer;
    },
    async publish(tenant, owner, ticket) {
      const [answer, took] = await timed(() => store.publish(tenant, owner, ticket));
      teller.step(
        "publish",
        took,
        answer === "published"
          ? `sealed, under generation ${ticket.generation}: every instance can have it`
          : "refused: a newer consent or a removal came in between",
      );
      return answer;
    },
    async refuse(tenant, refused) {
      const [, took] = await timed(() => store.refuse(tenant, refused));
      const { refusal, forMs } = refused;
      const seconds = Math.round(forMs / 1000);
      teller.step(
        "store",
        took,
        `${refusal.code} is remembered for ${seconds} s, for all instances`,
      );
    },
  };
}

function leaseText(answer: LeaseAnswer, leaseMs: number): string {
  switch (answer.kind) {
    case "hit":
      return `none needed: generation ${answer.ticket.generation} is in the store`;
    case "lease": {
      const seconds = Math.round(leaseMs / 1000);
      return `ours for up to ${seconds} s, for generation ${answer.generation}: nobody else exchanges`;
    }
    case "wait":
      return "another process is exchanging: its ticket is waited for";
    case "refused":
      return `none: ${answer.refusal.code} is remembered, SuperOffice is not asked`;
    case "later":
    case "limited":
      return `none: not before ${Math.ceil(answer.ms / 1000)} s`;
  }
}
