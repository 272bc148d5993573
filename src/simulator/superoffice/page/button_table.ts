/**
 * Every button that the page can have, as data: what it is called, which verbs of the control API it
 * calls, and what is said when that is done. Whatever a button does, `POST /_control/{verb}` does too.
 */
import type { Body } from "../../control/verbs.ts";

/** Where a button stands, and with that which members the form around it sends. */
export type ButtonGroup =
  | "authorization"
  | "tenant"
  | "add_tenant"
  | "secret"
  | "key"
  | "redirect_url"
  | "state_change_url"
  | "next"
  | "every"
  | "clock"
  | "login_key"
  | "reset"
  | "log"
  | "kms"
  | "key_version";

export interface Button {
  /** Its address is `/_page/{id}`. */
  readonly id: string;
  readonly group: ButtonGroup;
  readonly label: string;
  /** In this order; those that are not mounted here are left out. */
  readonly calls: readonly { readonly verb: string; readonly body?: Body }[];
  /** What is said afterwards. */
  readonly done: string;
}

function one(
  group: ButtonGroup,
  id: string,
  label: string,
  [verb, body = {}]: readonly [verb: string, body?: Body],
  done: string,
): Button {
  return { id, group, label, calls: [{ verb, body }], done };
}

const refusal = JSON.stringify({
  IsSuccessful: false,
  Token: null,
  ErrorMessage: "Refused by a button of the simulator.",
});

/** An answer to the next exchange, whoever asks and whatever is signed. */
function next(status: number, contentType = "application/json", body = refusal) {
  return ["set", { exchangeFailure: { status, contentType, body, times: 1 } }] as const;
}

function every(id: string, label: string, switches: Body, done: string): Button {
  return one("every", id, label, ["set", switches], done);
}

function clock(id: string, label: string, minutes: number, done: string): Button {
  return one("clock", id, label, ["clock_offset_ms", { milliseconds: minutes * 60_000 }], done);
}

function kms(id: string, label: string, fault: Body): Button {
  return one("kms", id, label, ["kms_fault", fault], `Until cleared, signing fails: ${label}.`);
}

/** In the order in which they stand. */
export const buttons: readonly Button[] = [
  one("authorization", "approve", "Approve", ["approve"], "Approved, as an administrator would."),
  one("authorization", "revoke", "Revoke", ["revoke"], "The authorization is revoked."),
  one("authorization", "expire", "Expire", ["expire_authorization"], "The authorization expired."),
  one(
    "authorization",
    "require_reapproval",
    "Require re-approval",
    ["require_reapproval"],
    "An administrator has to approve again.",
  ),
  one("tenant", "suspend", "Suspend", ["suspend"], "The tenant is suspended."),
  one("tenant", "resume", "Resume", ["resume"], "The tenant is running."),
  one("tenant", "move", "Move", ["move_tenant"], "The tenant moved: its old address answers 421."),
  one(
    "tenant",
    "delete_tickets",
    "Delete tickets",
    ["delete_tickets"],
    "The tenant has forgotten its tickets.",
  ),
  one(
    "tenant",
    "restore",
    "Restore from backup",
    ["restore"],
    "The tenant is restored from a backup, which knows none of its tickets.",
  ),
  one("tenant", "upgrade", "Upgrade", ["upgrade"], "The tenant runs the next release."),
  one("tenant", "remove", "Remove", ["remove"], "The tenant is deleted."),
  one("add_tenant", "add_tenant", "Add tenant", ["add_tenant"], "A new tenant, not approved yet."),
  one(
    "secret",
    "replace_client_secret",
    "Replace secret",
    ["replace_client_secret"],
    "The app has a new secret; the old one is refused.",
  ),
  one("key", "register_public_key", "Register key", ["register_public_key"], "Key registered."),
  one(
    "redirect_url",
    "register_redirect_url",
    "Register redirect URL",
    ["register_redirect_url"],
    "Redirect URL registered.",
  ),
  one(
    "state_change_url",
    "register_state_change_url",
    "Register state-change URL",
    ["register_state_change_url"],
    "Changes of tenants are pushed to that URL.",
  ),
  one("next", "next_401", "401", next(401), "The next exchange gets 401."),
  one("next", "next_403", "403", next(403), "The next exchange gets 403."),
  one(
    "next",
    "next_500",
    "500, an HTML page",
    next(500, "text/html; charset=utf-8", "<!DOCTYPE html><title>Runtime Error</title>"),
    "The next exchange gets 500 and an HTML page.",
  ),
  one(
    "next",
    "next_unsuccessful",
    "200, IsSuccessful: false",
    next(200),
    "The next exchange gets 200 with IsSuccessful: false.",
  ),
  every("silent", "No answer", { exchangeSilent: true }, "Exchanges are not answered."),
  every("late", "5 s late", { exchangeDelayMs: 5000 }, "Exchanges are answered 5 s late."),
  every("garbage", "Garbage", { exchangeJwt: { raw: "garbage" } }, "Exchanges give no JWT."),
  every(
    "wrong_issuer",
    "Wrong issuer",
    { exchangeJwt: { claims: { iss: "https://elsewhere.example" } } },
    "Exchanges give tokens of another issuer.",
  ),
  every(
    "wrong_audience",
    "Wrong audience",
    { exchangeJwt: { claims: { aud: "spn:0000000000" } } },
    "Exchanges give tokens for another serial.",
  ),
  every(
    "expired_token",
    "Expired token",
    { exchangeJwtTtl: { notBeforeSeconds: -7200, expiresSeconds: -3600 } },
    "Exchanges give tokens that expired an hour ago.",
  ),
  every(
    "refuse_signatures",
    "Refuse every signature",
    { verifySignatures: "reject" },
    "Every signature is refused as InvalidSignature (7).",
  ),
  clock("clock_ahead", "20 min ahead", 20, "The clock of SuperOffice is 20 minutes ahead."),
  clock("clock_behind", "20 min behind", -20, "The clock of SuperOffice is 20 minutes behind."),
  clock("clock_right", "Right", 0, "The clock of SuperOffice is right."),
  one(
    "login_key",
    "rotate_with_overlap",
    "Rotate, keep the old one published",
    ["rotate_login_key", { overlap: true }],
    "A new login key signs; the old one is still published.",
  ),
  one(
    "login_key",
    "rotate",
    "Rotate, withdraw the old one",
    ["rotate_login_key", { overlap: false }],
    "A new login key signs; the old one is not published any more.",
  ),
  {
    id: "reset",
    group: "reset",
    label: "Reset all faults",
    calls: [
      { verb: "reset_switches" },
      { verb: "clock_offset_ms", body: { milliseconds: 0 } },
      { verb: "kms_clear_fault" },
    ],
    done: "Switches, clock and Cloud KMS are right. Tenants and keys stay as they are.",
  },
  one("log", "forget_exchanges", "Clear the list", ["reset_counters"], "The list begins anew."),
  kms("kms_429", "429", { kind: "status", status: "RESOURCE_EXHAUSTED" }),
  kms("kms_503", "503", { kind: "status", status: "UNAVAILABLE" }),
  kms("kms_403", "403", { kind: "status", status: "PERMISSION_DENIED" }),
  kms("kms_silent", "No answer", { kind: "silent" }),
  kms("kms_corrupt_crc", "Corrupt CRC32C", { kind: "corrupt_signature_crc32c" }),
  kms("kms_wrong_name", "Wrong name", { kind: "wrong_name" }),
  one("kms", "kms_clear", "Clear", ["kms_clear_fault"], "Cloud KMS signs rightly."),
  one(
    "key_version",
    "kms_disable",
    "Disable",
    ["kms_set_state", { state: "DISABLED" }],
    "The key version is disabled.",
  ),
  one(
    "key_version",
    "kms_enable",
    "Enable",
    ["kms_set_state", { state: "ENABLED" }],
    "The key version is enabled.",
  ),
];
