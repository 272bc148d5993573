/** `key show`: the public half of a key version, and what Cloud KMS says of it. */

import { showKey, type ShownKey } from "../adapters/signing/key_show.ts";
import { kmsTools, readPlaces, requireKeyVersion, sayingWhy } from "./key_place.ts";
import { tableLines } from "./table.ts";
import { print } from "../print.ts";
import { UsageFault } from "../usage_fault.ts";

/** What `--format` takes. */
export const FORMATS = ["pem", "rsaxml", "jwk"] as const;

export interface ShowOptions {
  readonly keyVersion?: string;
  readonly format?: (typeof FORMATS)[number];
  readonly json?: true;
}

/** @returns 0 @throws UsageFault */
export async function runShow({ keyVersion, format, json }: ShowOptions): Promise<number> {
  const places = readPlaces();
  const name = requireKeyVersion(keyVersion, places);
  const shown = await sayingWhy(() => showKey(name, kmsTools(name, places, "SOFTWARE")));
  if (json) print.line(JSON.stringify(jsonOf(shown)));
  else if (format !== undefined) print.line(formOf(shown, format));
  else for (const line of linesOf(shown)) print.line(line);
  const { state } = shown.version;
  if (state !== "ENABLED") print.error(`This version is ${state}: it signs nothing.`);
  return 0;
}

function jsonOf({ version, publicHalf }: ShownKey) {
  return {
    key_version: version.name,
    state: version.state,
    algorithm: version.algorithm,
    protection_level: version.protectionLevel,
    import_job: version.importJob,
    fingerprint: publicHalf?.fingerprint ?? null,
    pem: publicHalf?.pem ?? null,
    rsa_xml: publicHalf?.rsaXml ?? null,
    jwk: publicHalf?.jwk ?? null,
  };
}

function formOf({ version, publicHalf }: ShownKey, format: (typeof FORMATS)[number]): string {
  if (publicHalf === null) {
    throw new UsageFault(
      `Cannot show the public key: Cloud KMS gives none out while the version is ${version.state}; enable it, or use a copy that you kept`,
    );
  }
  if (format === "pem") return publicHalf.pem.trimEnd();
  if (format === "jwk") return JSON.stringify(publicHalf.jwk);
  if (publicHalf.rsaXml !== null) return publicHalf.rsaXml;
  throw new UsageFault(`Cannot show RSAXML: the key is ${version.algorithm}; use --format pem`);
}

function linesOf({ version, publicHalf }: ShownKey): string[] {
  const origin = version.importJob === null ? "Cloud KMS" : `imported with ${version.importJob}`;
  const rows = [
    ["key version", version.name],
    ["state", version.state],
    ["algorithm", version.algorithm],
    ["protection level", version.protectionLevel],
    ["made by", origin],
    ["SHA-256", publicHalf?.fingerprint ?? "not given out in this state"],
  ];
  if (publicHalf === null) return tableLines(rows);
  const { pem, rsaXml, jwk } = publicHalf;
  const forms = [pem.trimEnd(), ...(rsaXml === null ? [] : [rsaXml]), JSON.stringify(jwk)];
  return [...tableLines(rows), ...forms.flatMap((form) => ["", form])];
}
