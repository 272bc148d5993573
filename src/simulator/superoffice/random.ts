/** Random text in the alphabets that SuperOffice's own secrets use. */
import { randomBytes, randomInt } from "node:crypto";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Mixed-case letters and digits: codes, refresh tokens, the tail of a system user token. */
export function alphanumerics(length: number): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
}

/** Lower-case hex: client id, client secret, the id of a ticket. */
export function hex(characters: number): string {
  return randomBytes(characters / 2).toString("hex");
}

/** Decimal digits that do not begin with 0: database serial numbers. */
export function digits(length: number): string {
  return randomInt(1, 10) + Array.from({ length: length - 1 }, () => randomInt(10)).join("");
}
