/** The shapes of the client. */

/** A secret, or what gives one: a JWT of the workload's, for example, which does not live long. */
export type SecretSource = string | (() => string | Promise<string>);

/** How the client reaches Box Office and SuperOffice. */
export interface TicketClientOptions {
  /** Where Box Office is: its origin, without a path. */
  readonly url: string | URL;
  /** API key or JWT, without `Bearer`. Asked for anew for each request. */
  readonly credential: SecretSource;
  /**
   * `direct` (as it is without this): calls go to SuperOffice with the ticket; needs the permission
   * `ticket` and the app's client secret. `relay`: calls go through Box Office; needs the permission
   * `relay` and nothing else.
   */
  readonly via?: "direct" | "relay";
  /** The app's client secret, for SuperOffice's `SO-AppToken`. Not for `relay`. */
  readonly clientSecret?: SecretSource;
  /** For a request of a ticket, to the end of its answer. Milliseconds; 10 000 if absent. */
  readonly timeoutMs?: number;
  /** For a call of the web API, until its answer begins. Milliseconds; 100 000 if absent. */
  readonly callTimeoutMs?: number;
  /** Another `fetch` than the platform's. */
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
  readonly issuedAt: Date;
  /** A lower bound: use extends the life. */
  readonly expiresAt: Date;
  /** With a final slash. */
  readonly webapiUrl: string;
  /** With a final slash. */
  readonly netserverUrl: string;
}

/** Options of one request of a ticket. */
export interface TicketRequest {
  /** SuperOffice answered 401 to this generation: a newer one is wanted. */
  readonly rejectedGeneration?: number;
  readonly signal?: AbortSignal;
}

/** What `createTicketClient` makes. Holds its secrets where nothing prints them. */
export interface TicketClient {
  /**
   * A ticket for the tenant. One that was given within the last minute is given again; those who ask
   * at once share a request.
   *
   * @throws TicketProblem; what `signal` was aborted with
   */
  ticket(contextIdentifier: string, request?: TicketRequest): Promise<Ticket>;
  /**
   * Calls the tenant's web API, for example `v1/Contact/default`. When SuperOffice refuses the ticket
   * (401) or the address (421), there is a new one and the call is repeated, once; a body that is a
   * stream cannot be sent again, so the refusal is the answer then. Redirects are answers.
   *
   * @param path below the tenant's web API, with its query; a first slash is ignored
   * @throws TicketProblem; what `init.signal` was aborted with
   */
  fetch(contextIdentifier: string, path: string, init?: RequestInit): Promise<Response>;
}
