/** Commands, in a process of their own, on the store of a service that runs, and what is asserted of them. */

import assert from "node:assert/strict";
import { type CommandLine, createCommandLine } from "./command_line.ts";
import { type Exit, runTask } from "./processes.ts";
import {
  environmentOf,
  startService,
  TENANT,
  type TestService,
  type TestServiceOptions,
} from "./service.ts";

/** Of those services that are at work here. */
const lines = new WeakMap<TestService, CommandLine>();

/** Runs a command with the service's environment, and more of it. */
export function runCommand(
  service: TestService,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Exit> {
  // A busy machine is no fault.
  const env = { ...environmentOf(service), EXCHANGE_TIMEOUT_MS: "20000", ...more };
  return lines.get(service)?.run({ env, args }) ?? runTask("cli", { env, args });
}

/** `ticket get` of the test's tenant. */
export function getTicket(service: TestService, ...args: string[]): Promise<Exit> {
  return runCommand(service, ["ticket", "get", TENANT, ...args]);
}

/** Does something with a service that has no tenant yet. */
export async function withService(
  work: (service: TestService) => Promise<void>,
  options: TestServiceOptions = {},
): Promise<void> {
  const service = await startService(options);
  const line = createCommandLine();
  lines.set(service, line);
  try {
    await work(service);
  } finally {
    await line.end();
    await service.close();
  }
}

/** The same with the test's tenant, which has consented. */
export function withTenant(
  work: (service: TestService) => Promise<void>,
  options: TestServiceOptions = {},
): Promise<void> {
  return withService(async (service) => {
    await service.consent();
    await work(service);
  }, options);
}

/** Nothing on stdout, and a message: sentences are for people, so a part of it is enough. */
export function assertNo({ code, stdout, stderr }: Exit, says: RegExp, expected = 1): void {
  assert.equal(code, expected, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, says);
}

/** The ledger of the service, as a command sees it. */
export async function assertVerified(service: TestService): Promise<void> {
  const { code, stderr } = await runCommand(service, ["ledger", "verify"]);
  assert.equal(code, 0, stderr);
}

/** @returns kind, result and caller of each entry */
export function shortly(entries: readonly Record<string, unknown>[]) {
  return entries.map(({ kind, result = null, caller }) => [kind, result, caller]);
}

/** What an operator's signature leaves in the ledger. */
export const SIGNED = [
  ["sign_intent", null, "cli"],
  ["sign_outcome", "signed", "cli"],
] as const;

/** The steps of an exchange, in the order in which they are told: what is asked side by side has one place. */
export const STEPS = [
  "configuration",
  "tenant",
  "store",
  "lease",
  "text to sign",
  "ledger        entry 1: sign_intent",
  "signature",
  "ledger        entry 2: sign_outcome",
  "request       POST http",
  "answer        HTTP 200",
  "token header",
  "token claims",
  "checks",
  "ticket",
  "ledger        entry 3: exchange",
  "publish",
];

/** Each in its place, whatever is between them. */
export function assertSteps(text: string, steps: readonly string[]): void {
  const lines = text.split("\n").map((line) => line.slice(10));
  let at = -1;
  for (const step of steps) {
    const next = lines.findIndex((line, place) => place > at && line.startsWith(step));
    assert.ok(next > at, `${step} is not told in its place\n${text}`);
    at = next;
  }
}
