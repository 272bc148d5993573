/** Rotations of what SuperOffice holds one of each: nobody waits for them, and nobody is told no. */

import { requires } from "../support/requirement.ts";
import { rotateKey, rotateSecret } from "./rotation.ts";

const ROTATIONS = {
  "the signing key is rotated under load, and back": rotateKey,
  "the client secret is rotated under load, and back": rotateSecret,
};

for (const [name, fn] of Object.entries(ROTATIONS)) {
  Deno.test({ name, ...requires("redis-server"), fn });
}
