/**
 * Reads a private RSA key from PEM: PKCS #8 or PKCS #1, one block and nothing around it, not encrypted.
 */

import { Buffer } from "node:buffer";
import { decodeBase64 } from "./base64_octets.ts";
import { KeyFileFault, type KeyFileProblem } from "./key_file_fault.ts";
import { wipe } from "./octets.ts";
import { readPkcs1, readPkcs8, type RsaNumbers } from "./rsa_numbers.ts";

/**
 * @param pem without white space around it
 * @returns numbers, not yet checked as a key
 * @throws KeyFileFault
 */
export function readRsaPem(pem: Uint8Array): RsaNumbers {
  const [label = "", ...others] = labelsOf(pem);
  if (others.length > 0) throw new KeyFileFault("several");
  const [begin, end] = [`${BEGIN}${label}-----`, `-----END ${label}-----`];
  const octets = Buffer.from(pem.buffer, pem.byteOffset, pem.length);
  if (octets.indexOf(begin) !== 0 || octets.lastIndexOf(end) !== pem.length - end.length) {
    throw new KeyFileFault(label === "" ? "not_a_key" : "damaged");
  }
  const problem = problemOfLabel(label);
  if (problem) throw new KeyFileFault(problem);
  const body = octets.subarray(begin.length, -end.length);
  if (body.includes("Proc-Type:") && body.includes("ENCRYPTED")) {
    throw new KeyFileFault("encrypted");
  }
  const der = decodeBase64(body);
  if (der === null) throw new KeyFileFault("damaged");
  try {
    return readBlock(label, der);
  } finally {
    wipe(der);
  }
}

const BEGIN = "-----BEGIN ";

function readBlock(label: string, der: Uint8Array): RsaNumbers {
  const pkcs1 = label === "PRIVATE KEY" ? readPkcs8(der) : der;
  if (pkcs1 === "other") throw new KeyFileFault("not_rsa");
  const numbers = pkcs1 === null ? null : readPkcs1(pkcs1);
  if (numbers === null) throw new KeyFileFault("damaged");
  return numbers;
}

/** Labels are no secret, so they may be texts. */
function labelsOf(pem: Uint8Array): readonly string[] {
  const octets = Buffer.from(pem.buffer, pem.byteOffset, pem.length);
  const labels: string[] = [];
  for (let at = octets.indexOf(BEGIN); at >= 0; at = octets.indexOf(BEGIN, at + 1)) {
    const start = at + BEGIN.length;
    const length = octets.subarray(start, start + LONGEST_LABEL).indexOf("-----");
    const label = length < 0 ? "" : octets.toString("latin1", start, start + length);
    if (/^[A-Z0-9 ]+$/.test(label)) labels.push(label);
  }
  return labels;
}

const LONGEST_LABEL = 64;

function problemOfLabel(label: string): KeyFileProblem | null {
  switch (label) {
    case "PRIVATE KEY":
    case "RSA PRIVATE KEY":
      return null;
    case "ENCRYPTED PRIVATE KEY":
      return "encrypted";
    case "PUBLIC KEY":
    case "RSA PUBLIC KEY":
      return "public_key";
    case "CERTIFICATE":
      return "certificate";
    case "EC PRIVATE KEY":
    case "DSA PRIVATE KEY":
      return "not_rsa";
    default:
      return "other_format";
  }
}
