/**
 * SuperOffice with each of the client secrets, as one: asks with the one in use, and once with the other
 * where the secret may be why SuperOffice says no. What works is remembered for all. Holds no secret
 * itself; where there is one only, nothing is asked twice.
 */

import type { Credentials } from "./credentials.ts";
import type { IdentityProvider, RelayTransport } from "./superoffice_ports.ts";

/** Of `IdentityProvider.redeem`: it is not the code that was refused. */
const CLIENT_REFUSED = "client_refused";

const REDIRECT = 300;
const UNAUTHORIZED = 401;

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
 * @param transports by the place of the client secret
 */
export function rotatingTransport(
  transports: readonly RelayTransport[],
  credentials: Credentials,
): RelayTransport {
  return {
    async send(target, ticket, call) {
      let trial = credentials.begin(["secret"]);
      while (true) {
        const answer = await transports[trial.pair.secret]!.send(target, ticket, call);
        // A redirect may lead to the sign-in: only what was done shows that the secret is taken.
        if (answer.status < REDIRECT) await trial.worked(null);
        if (answer.status !== UNAUTHORIZED) return answer;
        const next = call.body instanceof ReadableStream ? null : await trial.refused();
        if (next === null) return answer;
        await answer.cancel();
        trial = next;
      }
    },
  };
}
