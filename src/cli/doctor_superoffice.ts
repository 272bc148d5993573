/** Checks of SuperOffice, and of how its browsers and this machine's clock find the service. */

import { createOutbound } from "../adapters/outbound/http.ts";
import { createEndpoints } from "../adapters/superoffice/endpoints.ts";
import { createLoginKeys, type LoginKeys } from "../adapters/superoffice/login_keys.ts";
import { CHECK_MS, type Ward } from "./doctor_ward.ts";
import { PartFault } from "../domain/part_fault.ts";
import { type Check, type Finding, ok, problem, warning } from "../usecases/doctor.ts";

/** Nothing to ask where SuperOffice is simulated inside the service. */
export function superOfficeChecks(ward: Ward): Check[] {
  const { superoffice } = ward.config;
  if (superoffice === null) return [];
  const endpoints = createEndpoints(superoffice.origin);
  const { now } = ward.clock;
  const timeoutMs = CHECK_MS / 3;
  const loginKeys = () => createLoginKeys({ endpoints, timeoutMs, now });
  const checkOf = (name: string, run: Check["run"]): Check => ({
    name,
    deadlineMs: CHECK_MS,
    run,
  });
  return [
    checkOf("public_url", () => Promise.resolve(checkPublicUrl(ward))),
    checkOf("discovery", () => checkDiscovery(loginKeys(), superoffice.origin)),
    checkOf("login_keys", () => checkLoginKeys(loginKeys())),
    checkOf("clock", (signal) => checkClock(endpoints.discovery, now, signal)),
  ];
}

function checkPublicUrl({ config, publicUrl, isLive }: Ward): Finding {
  const says = `browsers are sent to ${publicUrl.origin}`;
  if (!isLive) return ok(says);
  if (config.publicUrl === null) {
    return problem(
      `${says}, as PUBLIC_URL is not set`,
      "Set PUBLIC_URL to the service's https origin",
    );
  }
  if (publicUrl.protocol !== "https:") {
    return problem(`${says} without TLS`, "Set PUBLIC_URL to an https origin");
  }
  return ok(says);
}

const WRONG = "Look at SUPEROFFICE_ENVIRONMENT and SUPEROFFICE_URL";

async function checkDiscovery(keys: LoginKeys, origin: URL): Promise<Finding> {
  try {
    await keys.metadata();
    return ok(`${origin.origin} answers as its own issuer`);
  } catch (error) {
    return superOfficeProblem(error, `${origin.origin} does not answer`, {
      protocol: "what answers is not the sign-in of this origin",
      status: "there is no discovery document",
    });
  }
}

async function checkLoginKeys(keys: LoginKeys): Promise<Finding> {
  try {
    await keys.find(undefined);
    return ok("SuperOffice's login keys can be read");
  } catch (error) {
    return superOfficeProblem(error, "SuperOffice's login keys cannot be reached", {
      protocol: "what answers holds no key that SuperOffice signs tokens with",
      status: "SuperOffice's login keys are not where its discovery document says",
    });
  }
}

function superOfficeProblem(
  error: unknown,
  otherwise: string,
  texts: Readonly<Record<string, string>>,
): Finding {
  if (!(error instanceof PartFault)) throw error;
  const text = texts[error.reason];
  if (text !== undefined) return problem(text, WRONG);
  return problem(
    `${otherwise} (${error.reason})`,
    "Look at the way there: SUPEROFFICE_URL, name resolution, proxy, firewall",
  );
}

/** A `Date` has whole seconds, and a slow answer tells the time less exactly. */
const UNNOTICED_MS = 5000;
/** What is signed names its minute, and identity tokens are taken with a minute of difference. */
const TOO_MUCH_MS = 60_000;

async function checkClock(url: URL, now: () => number, signal: AbortSignal): Promise<Finding> {
  const calls = createOutbound({
    timeoutMs: CHECK_MS,
    fault: (reason) => new PartFault("superoffice", reason),
  });
  const begun = now();
  const { date } = await calls({ method: "GET", url, headers: {} }, signal);
  const ended = now();
  if (date === null) return warning("SuperOffice does not say its time", null);
  const offMs = (begun + ended) / 2 - (date + 500);
  const seconds = Math.round(Math.abs(offMs) / 1000);
  const text = `this machine's clock is ${seconds} s ${
    offMs < 0 ? "behind" : "ahead of"
  } SuperOffice's`;
  const remedy = "Let the machine keep its time by NTP";
  if (Math.abs(offMs) > TOO_MUCH_MS) return problem(text, remedy);
  if (Math.abs(offMs) > UNNOTICED_MS + (ended - begun) / 2) return warning(text, remedy);
  return ok("this machine's clock and SuperOffice's agree");
}
