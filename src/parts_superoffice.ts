/**
 * Everything that talks to SuperOffice, on one set of its login keys and with each of the app's
 * credentials. Only wires; which credentials are asked with is the use cases' to know.
 */

import { createEndpoints } from "./adapters/superoffice/endpoints.ts";
import { createExchange, type ExchangeOptions } from "./adapters/superoffice/exchange.ts";
import { createIdentityProvider } from "./adapters/superoffice/identity_provider.ts";
import { createLoginKeys } from "./adapters/superoffice/login_keys.ts";
import { createSuperOfficeProbe } from "./adapters/superoffice/probe.ts";
import { createRelayTransport } from "./adapters/superoffice/relay_transport.ts";
import { createStateChangeReader } from "./adapters/superoffice/state_change.ts";
import { createTenantStates } from "./adapters/superoffice/tenant_states.ts";
import type { Config, SuperOfficeConfig } from "./config.ts";
import type { Deadlines } from "./deadlines.ts";
import { secretName } from "./domain/credential_record.ts";
import type { Secret } from "./domain/secret.ts";
import { guardRedemption } from "./guards.ts";
import type { Guard } from "./usecases/breaker.ts";
import { createCredentials, type Credentials } from "./usecases/credentials.ts";
import type { CredentialStore } from "./usecases/credential_ports.ts";
import type { Ledger } from "./usecases/ledger.ts";
import type { Clock, Ids, Log, Signer } from "./usecases/ports.ts";
import { rotatingIdentity, rotatingTransport } from "./usecases/secret_rotation.ts";
import type { Exchange } from "./usecases/superoffice_ports.ts";

/** The client secrets, by place: the one of the configuration, then the one that stands by. */
export function clientSecretsOf(
  { clientSecret, nextClientSecret }: SuperOfficeConfig,
): readonly Secret[] {
  return nextClientSecret === null ? [clientSecret] : [clientSecret, nextClientSecret];
}

/** Which of the app's credentials work, as all instances know it. */
export function openCredentials(parts: {
  readonly signers: readonly Signer[];
  readonly superoffice: SuperOfficeConfig;
  readonly store: CredentialStore;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}): Credentials {
  return createCredentials({
    ...parts,
    keys: parts.signers.map(({ keyVersion }) => keyVersion),
    secrets: clientSecretsOf(parts.superoffice).map(secretName),
  });
}

/** The exchange with each of the client secrets, by place. */
export function openExchanges(
  config: Config,
  superoffice: SuperOfficeConfig,
  world: Omit<ExchangeOptions, "flavour" | "clientSecret" | "timeoutMs">,
): Exchange[] {
  return clientSecretsOf(superoffice).map((clientSecret) =>
    createExchange({
      ...world,
      flavour: config.exchange,
      clientSecret,
      timeoutMs: config.exchangeTimeoutMs,
    })
  );
}

export interface SuperOfficeOptions {
  readonly config: Config;
  readonly superoffice: SuperOfficeConfig;
  readonly deadlines: Deadlines;
  readonly publicUrl: URL;
  readonly credentials: Credentials;
  /** Before its sign-in. */
  readonly guard: Guard;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Connects it. */
export function connectSuperOffice(options: SuperOfficeOptions) {
  const { config, deadlines, publicUrl, superoffice, credentials, guard, now } = options;
  const { clientId } = superoffice;
  const endpoints = createEndpoints(superoffice.origin);
  const keys = createLoginKeys({ endpoints, timeoutMs: deadlines.loginMs, guard, now });
  const bySecret = <T>(make: (clientSecret: Secret) => T): T[] =>
    clientSecretsOf(superoffice).map(make);
  const identities = bySecret((clientSecret) =>
    createIdentityProvider({
      endpoints,
      clientId,
      clientSecret,
      redirectUrl: new URL("/consent/callback", publicUrl).href,
      keys,
      timeoutMs: deadlines.loginMs,
    })
  );
  const transports = bySecret((clientSecret) =>
    createRelayTransport({ clientSecret, timeoutMs: deadlines.relayMs })
  );
  return {
    exchanges: openExchanges(config, superoffice, { endpoints, keys, now }),
    states: createTenantStates({ endpoints, timeoutMs: deadlines.tenantStateMs }),
    stateChangeReader: createStateChangeReader({ endpoints, clientId, keys }),
    identity: guardRedemption(rotatingIdentity(identities, credentials), guard),
    transport: rotatingTransport(transports, credentials, now),
    probe: createSuperOfficeProbe({ endpoints, timeoutMs: deadlines.probeMs, now }),
  };
}
