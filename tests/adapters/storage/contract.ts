/** How contract suites are written and run: sentences of fact, each on a store of its own. */

/** A store and what ends it. */
export interface Opened<Store> {
  readonly store: Store;
  close(): void | Promise<void>;
}

/** Facts that hold of every implementation of a port, by their sentences. */
export type Facts<Store> = Readonly<Record<string, (store: Store) => Promise<void>>>;

/** Runs each fact as a step of the test, on a freshly opened store. */
export async function hold<Store>(
  test: Deno.TestContext,
  facts: Facts<Store>,
  open: () => Opened<Store> | Promise<Opened<Store>>,
): Promise<void> {
  for (const [sentence, fact] of Object.entries(facts)) {
    await test.step(sentence, async () => {
      const { store, close } = await open();
      try {
        await fact(store);
      } finally {
        await close();
      }
    });
  }
}
