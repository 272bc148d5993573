/**
 * The application in the environment: what its pages say about it. Pure. Takes no address that a browser
 * could not be sent to safely, and no picture that is not what it claims to be.
 */

import type { Reader } from "./config_reader.ts";
import type { AppLogo, AppProfile } from "./domain/app_profile.ts";
import { parseSecureUrl } from "./domain/secure_url.ts";

/** Content of a file, or null if it cannot be read. */
export type ReadBytes = (path: string) => Uint8Array<ArrayBuffer> | null;

const MAX_NAME_LENGTH = 80;
const MAX_LOGO_BYTES = 100 * 1024;

/** @param readBytes used for `APP_LOGO_FILE` */
export function readAppProfile(reader: Reader, readBytes: ReadBytes): AppProfile {
  return {
    name: readName(reader, "APP_NAME"),
    vendor: readName(reader, "APP_VENDOR"),
    privacyUrl: readAddress(reader, "APP_PRIVACY_URL"),
    supportUrl: readSupport(reader, "APP_SUPPORT_URL"),
    logo: readLogo(reader, "APP_LOGO_FILE", readBytes),
  };
}

function readName(reader: Reader, name: string): string | null {
  const text = reader.text(name);
  if (text === null) return null;
  if ([...text].length > MAX_NAME_LENGTH) {
    reader.problem(name, `is longer than ${MAX_NAME_LENGTH} characters`);
  }
  // Also what turns the direction of a text, or cannot be seen in it.
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) {
    reader.problem(name, "holds control characters");
  }
  return text;
}

function readAddress(reader: Reader, name: string): URL | null {
  const text = reader.text(name);
  if (text === null) return null;
  const url = parseSecureUrl(text);
  if (url === null) reader.problem(name, "is no https URL without credentials");
  return url;
}

function readSupport(reader: Reader, name: string): URL | null {
  const text = reader.text(name);
  if (text === null || !/^mailto:/i.test(text)) return readAddress(reader, name);
  // One address and nothing more: a link must not write somebody's letter.
  if (/^mailto:[^\s@,?#&%<>"]{1,64}@[^\s@,?#&%<>"]{1,255}$/i.test(text) && URL.canParse(text)) {
    return new URL(text);
  }
  reader.problem(name, "is not mailto: and one address");
  return null;
}

function readLogo(reader: Reader, name: string, readBytes: ReadBytes): AppLogo | null {
  const path = reader.text(name);
  if (path === null) return null;
  const bytes = readBytes(path);
  if (bytes === null) {
    reader.problem(name, "names a file that cannot be read");
    return null;
  }
  if (bytes.length > MAX_LOGO_BYTES) {
    reader.problem(name, `names a file of more than ${MAX_LOGO_BYTES / 1024} KiB`);
    return null;
  }
  if (isPng(bytes)) return { type: "image/png", bytes };
  if (isSvg(bytes)) return { type: "image/svg+xml", bytes };
  reader.problem(name, "names a file that is neither PNG nor SVG in UTF-8");
  return null;
}

/** Signature and the first chunk's type: PNG specification (third edition), sections 5.2 and 11.2.2. */
function isPng(bytes: Uint8Array): boolean {
  const start = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const chunk = [0x49, 0x48, 0x44, 0x52];
  return start.every((byte, place) => bytes[place] === byte) &&
    chunk.every((byte, place) => bytes[12 + place] === byte);
}

/** What may stand before the root: a declaration, comments, a document type without a subset. */
const SVG =
  /^\s*(?:<\?xml[^>]*\?>\s*)?(?:(?:<!--(?:(?!-->)[^])*-->|<!DOCTYPE[^[\]<>]*>)\s*)*<svg[\s>]/i;

function isSvg(bytes: Uint8Array): boolean {
  try {
    return SVG.test(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return false;
  }
}
