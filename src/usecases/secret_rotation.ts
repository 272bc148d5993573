/**
 * SuperOffice with each of the client secrets, as one: asks with the one in use, and once with the other
 * where the secret may be why SuperOffice says no. What a redeemed code proves is remembered for all, what
 * a relayed call suggests for this process's relay alone. Holds no secret itself; where there is one only,
 * nothing is asked twice.
 */

import { isWithin } from "../domain/within.ts";
import type { Credentials } from "./credentials.ts";
import type { IdentityProvider, RelayTransport } from "./superoffice_ports.ts";

/** Of `IdentityProvider.redeem`: it is not the code that was refused. */
const CLIENT_REFUSED = "client_refused";

const REDIRECT = 300;
const UNAUTHORIZED = 401;

/**
 * Who may not call a path is answered 401 for ever: relayed calls try the other secret no more often than
 * this. Whoever comes between has the ticket renewed, and that exchange tries both.
 */
const PROBE_MS = 10_000;

/** @param identities by the place of the client secret */
export function rotatingIdentity(
  identities: readonly IdentityProvider[],
  credentials: Credentials,
): IdentityProvider {
  return {
    ...identities[0]!,
    async redeem(code, codeVerifier) {
      let trial = credentials.begin(["secret"]);
      while (true) {
        const answer = await identities[trial.pair.secret]!.redeem(code, codeVerifier);
        if (!("kind" in answer)) {
          await trial.worked(null);
          return answer;
        }
        // Another refusal says nothing of the secret: who asks first may be judged first.
        if (answer.reason !== CLIENT_REFUSED) return answer;
        const next = await trial.refused();
        if (next === null) return answer;
        trial = next;
      }
    },
  };
}

/**
 * A tenant's web API answers 401 to a ticket as well as to a secret: the ticket is worth a renewal only
 * if no secret helps. A body that is gone cannot be sent again; the renewal's exchange then finds the
 * secret that works.
 *
 * A path may heed no secret at all, so an answer proves nothing to others: it gives this process's relay
 * a hunch what to begin with, until the next exchange of any instance decides.
 *
 * @param transports by the place of the client secret
 * @param now milliseconds since the epoch
 */
export function rotatingTransport(
  transports: readonly RelayTransport[],
  credentials: Credentials,
  now: () => number,
): RelayTransport {
  let hunch = noHunch(0);

  const place = (): number => {
    const inUse = credentials.begin(["secret"]).pair.secret;
    if (hunch.inUse !== inUse) hunch = noHunch(inUse);
    return hunch.instead ?? inUse;
  };

  /** What is worth a try where this one was refused. Null: nothing, or not so soon. */
  const after = async (refused: number): Promise<number | null> => {
    const known = place();
    if (known !== refused) return known;
    if (isWithin(hunch.probedAt, PROBE_MS, now())) return null;
    return (await credentials.begin(["secret"]).refused())?.pair.secret ?? null;
  };

  return {
    async send(target, ticket, call) {
      const ask = (secret: number) => transports[secret]!.send(target, ticket, call);
      const first = place();
      const mine = hunch;
      const answer = await ask(first);
      // What was begun with on a hunch only is for an exchange to prove.
      if (answer.status < REDIRECT && first === mine.inUse) credentials.sawWork(first);
      if (answer.status !== UNAUTHORIZED) return answer;
      if (first === hunch.instead) hunch.instead = null;
      const other = call.body instanceof ReadableStream ? null : await after(first);
      if (other === null) return answer;
      await answer.cancel();
      const second = await ask(other);
      if (other !== hunch.inUse) {
        hunch.probedAt = now();
        // A redirect may lead to the sign-in: only what was done suggests that the secret is taken.
        if (second.status < REDIRECT) hunch.instead = other;
      }
      return second;
    },
  };
}

/** What this process's relay thinks of the secrets, for as long as the same one is in use by the record. */
interface Hunch {
  readonly inUse: number;
  /** Begun with instead, until it is refused. */
  instead: number | null;
  /** When another than the one in use was tried last. */
  probedAt: number;
}

const noHunch = (inUse: number): Hunch => ({ inUse, instead: null, probedAt: -Infinity });
