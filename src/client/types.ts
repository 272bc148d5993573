/** The shapes of the client. */

/** A secret, or what gives one: a JWT of the workload's, for example, which does not live long. */
export type SecretSource = string | (() => string | Promise<string>);

/** How the client reaches Box Office and SuperOffice. */
export interface TicketClientOptions {
  /** Where Box Office is: its origin, https, or http on this machine. */
  readonly url: string | URL;
  /** API key or JWT, without `Bearer`. A function is asked anew for each request. */
  readonly credential: SecretSource;
  /**
   * `direct` (as it is without this): calls go to SuperOffice with the ticket; needs the permission
   * `ticket` and the app's client secret. `relay`: calls go through Box Office; needs the permission
   * `relay` and nothing else.
   */
  readonly via?: "direct" | "relay";
  /** The app's client secret, for SuperOffice's `SO-AppToken`. Not for `relay`. */
  readonly clientSecret?: SecretSource;
  /** For `ticket` and each page of `tenants`, all in all. Milliseconds; 10 000 if absent. */
  readonly timeoutMs?: number;
  /**
   * For each try of a call of the web API, until its answer begins: reports take their time.
   * Milliseconds; 100 000 if absent.
   */
  readonly callTimeoutMs?: number;
  /** Another `fetch` than the platform's, for example of a service binding. */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
}

/** A system user ticket. */
export interface Ticket {
  /** The tenant, `CustNNNNN`. */
  readonly contextIdentifier: string;
  /**
   * `7T:…`, for `Authorization: SOTicket`. Not enumerable: printing, copying and JSON leave it out.
   */
  readonly ticket: string;
  /** Grows with every new ticket of the tenant. */
  readonly generation: number;
  /** By the service's clock. */
  readonly issuedAt: Date;
  /** By the service's clock. A lower bound: use extends the life. */
  readonly expiresAt: Date;
  /** With a final slash; https, or http on this machine. */
  readonly webapiUrl: string;
  /** With a final slash; https, or http on this machine. */
  readonly netserverUrl: string;
}

/** Options of one request of a ticket. */
export interface TicketRequest {
  /** SuperOffice answered 401 or 421 to this generation: a newer one is wanted. */
  readonly rejectedGeneration?: number;
  /** Ends the waiting, and nobody else's. */
  readonly signal?: AbortSignal;
}

/** A tenant that has consented. */
export interface Tenant {
  /** `CustNNNNN`. */
  readonly contextIdentifier: string;
  readonly companyName: string;
  readonly consentedAt: Date;
  /** User name of the administrator. */
  readonly consentedBy: string;
  /** SuperOffice's number of the tenant's licence. */
  readonly serial: string;
  /** SuperOffice's word, as last seen: `Running` and others. */
  readonly state: string;
  /** `connected`, or `consent_withdrawn`: an administrator must connect again. */
  readonly health: string;
  /** Place in the order of first consent. Remember it to go on from here. */
  readonly sequence: number;
}

/** What `createTicketClient` makes. Holds its secrets where nothing prints them. */
export interface TicketClient {
  /**
   * A ticket for the tenant. One that was given within the last minute is given again; those who ask
   * at once share a request.
   *
   * @throws TicketProblem; what `signal` was aborted with; what a secret's function throws
   */
  ticket(contextIdentifier: string, request?: TicketRequest): Promise<Ticket>;
  /**
   * Calls the tenant's web API, for example `v1/Contact/default`. When SuperOffice refuses the ticket
   * (401) or the address (421), there is a newer one and the call is repeated; once more, if that was
   * not given out just now but is another caller's renewal of before. A body that is a stream cannot be
   * sent again, so the refusal is the answer then. Redirects are answers.
   *
   * @param path below the tenant's web API, with its query; a first slash is ignored
   * @param init as for `fetch`; `redirect` and the headers that carry secrets are the client's own
   * @throws TicketProblem; what `init.signal` was aborted with; what a secret's function throws;
   *   TypeError for an `init` that the platform does not take
   */
  fetch(contextIdentifier: string, path: string, init?: RequestInit): Promise<Response>;
  /**
   * Tenants in the order of first consent, to the last that there is now. Needs the permission
   * `tenants`.
   *
   * @param after a `sequence`: those beyond it; all if absent
   * @throws TicketProblem; what `signal` was aborted with; what the credential's function throws
   */
  tenants(
    after?: number,
    options?: { readonly signal?: AbortSignal },
  ): AsyncGenerator<Tenant, void, void>;
}

/** Codes of the service, told with its status. */
type ServiceCode =
  | "invalid_request"
  | "caller_unknown"
  | "caller_forbidden"
  | "tenant_unknown"
  | "not_found"
  | "method_not_allowed"
  | "consent_withdrawn"
  | "tenant_suspended"
  | "payload_too_large"
  | "rate_limited"
  | "internal_fault"
  | "exchange_failed"
  | "signer_unavailable"
  | "store_unavailable"
  | "ledger_unavailable"
  | "upstream_unavailable";

/** Codes of the client's own. */
type OwnCode =
  | "timeout"
  | "unreachable"
  | "unexpected_answer"
  | "invalid_path"
  | "invalid_credential";

/** A later service may have further codes. */
export type TicketProblemCode = ServiceCode | OwnCode | (string & Record<never, never>);

/** Where a problem comes from. All of it may be absent: then there was no answer. */
export interface ProblemAnswer {
  readonly status?: number;
  readonly requestId?: string | null;
  readonly retryAfterSeconds?: number | null;
}
