/** Why there is no ticket, in words for the person who has to do something about it. */

import type { ContextId } from "../domain/context_id.ts";
import type { Refusal, RefusalCode } from "../domain/refusal.ts";

/** What SuperOffice, the tenant or we ourselves say no to: an answer. Anything else is a fault. */
const ANSWERS: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  "tenant_unknown",
  "consent_withdrawn",
  "tenant_suspended",
  "exchange_failed",
  "rate_limited",
]);

/** @returns 1 for a no, 2 for a part that does not do its work */
export function exitCodeOf({ code }: Refusal): 1 | 2 {
  return ANSWERS.has(code) ? 1 : 2;
}

/** @param publicUrl where administrators consent */
export function refusalText(refusal: Refusal, tenant: ContextId, publicUrl: URL): string {
  const { code, reason, retryAfterSeconds } = refusal;
  const again = retryAfterSeconds === null ? "later" : `in ${retryAfterSeconds} s`;
  const consent = new URL(`/?tenant=${tenant}`, publicUrl).href;
  switch (code) {
    case "tenant_unknown":
      return `${tenant} is not here: it never consented, or was removed. One of its ` +
        `administrators consents at ${consent}`;
    case "consent_withdrawn":
      return `SuperOffice refuses the token of ${tenant} and does not say why: one of its ` +
        `administrators must consent again at ${consent}. If other tenants are refused, too, ` +
        "look at the client secret and the app's key instead.";
    case "tenant_suspended":
      return `${tenant} is not running: ${STOPPED[reason] ?? STOPPED.not_running}`;
    case "exchange_failed":
      return `SuperOffice answered, but with no ticket that may be used: ${unfitText(reason)}`;
    case "rate_limited":
      return `Too many tickets of ${tenant} were rejected lately. Try again ${again}.`;
    case "signer_unavailable":
      return `Nothing was signed: ${
        SIGNER[reason] ?? `the key failed (${reason})`
      }. Try again ${again}.`;
    case "store_unavailable":
      return `The store does not do its work (${reason}). Try again ${again}.`;
    case "ledger_unavailable":
      return `The ledger cannot be written, so nothing is signed. Try again ${again}.`;
    case "upstream_unavailable":
      return `${SILENT[reason] ?? `SuperOffice does not answer (${reason})`}. Try again ${again}.`;
    default:
      return `There is no ticket: ${code} (${reason}).`;
  }
}

type Words = Readonly<Record<string, string>>;

const STOPPED: Words & { readonly not_running: string } = {
  suspended: "SuperOffice suspended it. Once it runs again it needs nothing from you.",
  deleted: "SuperOffice deleted it. Remove it with `tenant remove`, if that is right.",
  maintenance: "it is being maintained, which usually takes minutes. Try again later.",
  not_running: "SuperOffice says so, and `tenant show` says in which word.",
};

const SIGNER: Words = {
  budget: "the signing budget is used up (SIGNATURES_PER_MINUTE, SIGNATURES_PER_TENANT_HOUR)",
  too_late: "the lease would have ended before",
  no_key: "no key is configured",
  timeout: "the key did not answer in time",
  network: "Cloud KMS cannot be reached",
  unavailable: "Cloud KMS is not available",
  quota: "Cloud KMS says that its quota is used up",
  checksum: "a checksum of Cloud KMS was wrong",
  wrong_key: "Cloud KMS answered for another key than KMS_KEY_VERSION",
  wrong_protection: "the key is protected less than KMS_PROTECTION_LEVEL asks for",
  bad_signature: "the signature does not fit the key's public half",
  key_not_enabled: "the key version is not enabled: look at it in Cloud KMS",
  denied: "this identity may not use the key: it needs cloudkms.signerVerifier",
  not_found: "there is no such key: look at KMS_KEY_VERSION",
  unauthenticated: "Google takes none of this machine's credentials",
};

const SILENT: Words = {
  lease_wait: "Another process holds the lease and brings no ticket",
  too_late: "There was not enough time left on the lease",
  timeout: "SuperOffice does not answer in time",
  network: "SuperOffice cannot be reached: look at SUPEROFFICE_URL and the network",
  status: "SuperOffice answers that it cannot answer now",
};

const UNFIT: Words = {
  clock: "its clock and ours are more than twelve minutes apart. Set ours.",
  status: "its HTTP status is none of an exchange. Look at SUPEROFFICE_URL.",
  not_json: "it is no JSON. Look at SUPEROFFICE_URL and SUPEROFFICE_EXCHANGE.",
  not_soap: "it is no SOAP. Look at SUPEROFFICE_URL and SUPEROFFICE_EXCHANGE.",
  soap_fault: "it is a SOAP fault.",
  success_missing: "it does not say whether it worked.",
  token_missing: "there is no token in it.",
  no_address: "nothing says where the tenant's web services are.",
  unknown_key: "the token is signed by no key of the configured environment.",
  signature: "the token's signature is wrong.",
  expired: "the token is over. Look at this machine's clock.",
  not_yet_valid: "the token is not valid yet. Look at this machine's clock.",
  issuer: "the token is not an exchange's (its issuer).",
  audience: "the token is for another tenant (its audience).",
  serial: "the token is for another database than the one that consented (its serial).",
  context: "the token is for another tenant (its context identifier).",
  ticket: "the token holds no system user ticket.",
};

function unfitText(reason: string): string {
  return UNFIT[reason] ?? `the check of ${reason.replaceAll("_", " ")} says no.`;
}
