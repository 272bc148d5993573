/**
 * Tests that need a program of the machine. Without it they are shown as ignored; with `CI=true`
 * they run and fail by themselves, so that a build machine cannot lose them silently.
 */

export type Program = "redis-server" | "chromium" | "openssl" | "node";

/**
 * Spread into `Deno.test`: `Deno.test({ name, ...requires("redis-server"), fn })`.
 *
 * @returns `ignore: true` only where the program is missing and this is not a build machine
 */
export function requires(program: Program): { readonly ignore: boolean } {
  return { ignore: Deno.env.get("CI") !== "true" && !isInstalled(program) };
}

/** @throws Error that names the missing program */
export function requireProgram(program: Program): void {
  if (!isInstalled(program)) {
    throw new Error(`Cannot run this test: ${program} is not installed on this machine`);
  }
}

/** True if a folder of PATH holds the program. */
export function isInstalled(program: Program): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
