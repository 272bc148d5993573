/**
 * Why a signing key file is not taken. The message names the fault and never quotes the file: a key
 * file that is nearly right is still a key.
 */

const SENTENCES = {
  empty: "the file is empty",
  not_a_key: "neither one PEM block nor an RSAKeyValue element",
  several: "more than one PEM block",
  encrypted: "the key is encrypted; decrypt it first",
  public_key: "it is a public key",
  certificate: "it is a certificate",
  other_format: "neither PKCS #8 nor PKCS #1",
  not_rsa: "not an RSA key",
  wrong_size: "not between 1024 and 4096 bits",
  damaged: "the PEM block does not hold a key",
  xml_form: "the RSAKeyValue element is not of its form",
  xml_base64: "a value of the RSAKeyValue element is not base64",
  inconsistent: "its numbers do not belong together",
} as const;

/** One word for what is wrong. */
export type KeyFileProblem = keyof typeof SENTENCES;

export class KeyFileFault extends Error {
  override readonly name = "KeyFileFault";
  readonly problem: KeyFileProblem;

  constructor(problem: KeyFileProblem) {
    super(`Cannot read the signing key: ${SENTENCES[problem]}`);
    this.problem = problem;
  }
}
