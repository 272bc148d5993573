/** Several facts about one subject: starting a whole service costs more than asking it. */

/**
 * One test; each fact is a step of it, in the order in which they stand.
 *
 * @param before makes the subject as new for each fact
 */
export function facts<T>(
  title: string,
  use: (test: (subject: T) => Promise<void>) => Promise<void>,
  all: Readonly<Record<string, (subject: T) => Promise<void>>>,
  before: (subject: T) => Promise<void> = () => Promise.resolve(),
): void {
  Deno.test(title, (t) =>
    use(async (subject) => {
      for (const [fact, prove] of Object.entries(all)) {
        await t.step(fact, async () => {
          await before(subject);
          await prove(subject);
        });
      }
    }));
}
