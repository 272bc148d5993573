/** Ends a command with a message and exit code 2. */
export class UsageFault extends Error {
  override readonly name = "UsageFault";
}
