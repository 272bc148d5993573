/** Why a key is not imported. The message says what to do about it, and nothing of the key. */

const SENTENCES = {
  too_small:
    "Cloud KMS holds 2048, 3072 and 4096 bits only. Make a new key in the Developer Portal; if that has too few bits again, ask SuperOffice to register the public half of a key that is made in the HSM. Until then only sod can be used, with SIGNING_KEY_FILE",
  odd_size: "Cloud KMS holds 2048, 3072 and 4096 bits only. Make a new key in the Developer Portal",
  other_purpose: "it is not for asymmetric signing; name another with --key",
  other_protection: "name another with --key, or say so with --protection-level",
  job_not_active: "name another with --import-job, or leave it out",
  job_pending: "run the command again in a minute, or give it longer with --timeout",
  job_unfit: "name another with --import-job, or leave it out",
  import_pending: "run the command again: it waits for that import and makes no second one",
  import_failed: "that version holds nothing; run the command again",
  other_key:
    "it must not be used: disable it, and look who else imports into this key, then run the command again",
  not_usable: "enable or restore that version, then run the command again; or use another --key",
} as const;

/** One word for what is wrong. */
export type KeyImportProblem = keyof typeof SENTENCES;

export class KeyImportFault extends Error {
  override readonly name = "KeyImportFault";
  readonly problem: KeyImportProblem;

  /** @param what the state, of which nothing is secret */
  constructor(problem: KeyImportProblem, what: string) {
    super(`Cannot import the key: ${what}; ${SENTENCES[problem]}`);
    this.problem = problem;
  }
}
