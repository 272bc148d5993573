/**
 * `deno task sbom` prints the bill of materials, `deno task licenses` writes docs/licenses.md. Neither
 * asks a network beyond what Deno has cached; run `deno install --frozen` first.
 */

import { writeLicenses } from "./licenses.ts";
import { readSources } from "./machine.ts";
import { listPackages } from "./packages.ts";
import { type Application, writeSbom } from "./sbom.ts";

const ROOT = new URL("../../", import.meta.url);

/** @returns the project as its configuration names it */
export async function readApplication(): Promise<Application> {
  return JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT))) as Application;
}

if (import.meta.main) {
  const packages = listPackages(await readSources());
  switch (Deno.args[0]) {
    case "sbom": {
      const { name, version, license } = await readApplication();
      const bill = await writeSbom({ name, version, license }, packages);
      await new Blob([bill]).stream().pipeTo(Deno.stdout.writable);
      break;
    }
    case "licenses":
      await Deno.writeTextFile(new URL("docs/licenses.md", ROOT), writeLicenses(packages));
      break;
    default:
      throw new Error("Cannot run: say sbom or licenses");
  }
}
