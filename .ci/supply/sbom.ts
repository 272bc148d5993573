/**
 * A software bill of materials in CycloneDX 1.6 JSON. The same lock gives the same bytes: there is no
 * time in it, and its serial number comes from the packages. Says nothing that the lock and the
 * packages do not say themselves.
 */

import type { Package, Use } from "./packages.ts";

/** What the bill is of. */
export interface Application {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/** CycloneDX has `excluded` for what is there, but not where the application runs. */
const SCOPES: Readonly<Record<Use, "required" | "optional" | "excluded">> = {
  service: "required",
  commands: "optional",
  tests: "excluded",
};

/** @returns the document; two spaces to a level, one line feed at the end */
export async function writeSbom(app: Application, packages: readonly Package[]): Promise<string> {
  const root = purl(app.name, app.version);
  const components = packages.map(componentOf);
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: await serialNumber(JSON.stringify([app, packages])),
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": root,
        ...nameOf(app.name),
        version: app.version,
        licenses: licensesOf(app.license),
        purl: root,
      },
    },
    components,
    dependencies: [
      { ref: root, dependsOn: packages.filter(({ isDirect }) => isDirect).map(refOf) },
      ...packages.map(({ name, version, dependsOn }) => ({
        ref: purl(name, version),
        dependsOn: dependsOn.map((id) => purl(...split(id))),
      })),
    ],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** package-url of npm: the `@` of a scope is written in per cent. */
export function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

function componentOf({ name, version, sha512, use, isOptional, license }: Package) {
  const ref = purl(name, version);
  return {
    type: "library",
    "bom-ref": ref,
    ...nameOf(name),
    version,
    scope: SCOPES[use],
    hashes: [{ alg: "SHA-512", content: sha512 }],
    ...(license === null ? {} : { licenses: licensesOf(license) }),
    purl: ref,
    properties: [
      { name: "box-office:use", value: use },
      ...(isOptional ? [{ name: "box-office:platform", value: "some only" }] : []),
    ],
  };
}

/** The specification has a scope apart, as `group`. */
function nameOf(full: string): { readonly group?: string; readonly name: string } {
  const [, group, name] = /^(@[^/]+)\/(.+)$/.exec(full) ?? [];
  return group === undefined || name === undefined ? { name: full } : { group, name };
}

/** An SPDX identifier, an expression of several, or else words that the specification takes as a name. */
function licensesOf(license: string) {
  if (/^[A-Za-z0-9.+-]+$/.test(license) && license !== "UNLICENSED") {
    return [{ license: { id: license } }];
  }
  return / (?:AND|OR|WITH) /.test(license)
    ? [{ expression: license }]
    : [{ license: { name: license } }];
}

function refOf({ name, version }: Package): string {
  return purl(name, version);
}

function split(id: string): [name: string, version: string] {
  const at = id.indexOf("@", 1);
  return [id.slice(0, at), id.slice(at + 1)];
}

/** RFC 9562, section 5.8: version 8 is for identifiers of one's own making. */
async function serialNumber(content: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  const bytes = new Uint8Array(digest).slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const [, ...parts] = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(bytes.toHex())!;
  return `urn:uuid:${parts.join("-")}`;
}
