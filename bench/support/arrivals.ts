/** The other end of `processes/arrivals.ts`: callers who come at a rate, whatever they find. */

import { startDialogue } from "./dialogue.ts";

interface Rate {
  readonly perSecond: number;
  readonly seconds: number;
}

/** A ticket for each call from the service. */
export interface BoxOfficeWay extends Rate {
  readonly way: "box office";
  readonly url: string;
  readonly authorization: string;
}

/** A signature of Cloud KMS and an exchange at SuperOffice for each call. */
export interface NaiveWay extends Rate {
  readonly way: "naive";
  readonly kms: string;
  readonly exchange: string;
  readonly clientSecret: string;
  readonly contextIdentifier: string;
  readonly systemUserToken: string;
}

export type Way = BoxOfficeWay | NaiveWay;

/** How long each call waited for its ticket since it was due, milliseconds. */
export interface Arrivals {
  readonly times: readonly number[];
}

/** Starts the process. */
export function startCallers() {
  const { ask, end } = startDialogue<Way, Arrivals>("arrivals.ts");
  return { run: ask, end };
}
