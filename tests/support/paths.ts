/** The few path helpers that tests need, from Node's own modules. */

import * as path from "node:path";
import { fileURLToPath } from "node:url";

export function fromFileUrl(url: URL): string {
  return fileURLToPath(url);
}

/** Path of `to` below `from`, with slashes. */
export function relative(from: string, to: string): string {
  return path.relative(from, to).replaceAll("\\", "/");
}

/** Where a relative import of `file` (below `root`) leads. */
export function resolve(root: string, file: string, specifier: string): string {
  return path.resolve(path.dirname(path.join(root, file)), specifier);
}
