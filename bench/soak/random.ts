/** Chance that can be repeated: the same seed draws the same. Not for secrets. */

export interface Chance {
  /** From 0 to 1, without 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** @throws RangeError if there is nothing to pick from */
  pick<T>(from: readonly T[]): T;
  /** A new order of the same. */
  shuffle<T>(all: readonly T[]): T[];
}

/** Mulberry32. @param seed a whole number */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    pick(from) {
      if (from.length === 0) throw new RangeError("Cannot pick: there is nothing");
      return from[between(0, from.length - 1)]!;
    },
    shuffle(all) {
      const order = [...all];
      for (let place = order.length - 1; place > 0; place--) {
        const other = between(0, place);
        [order[place], order[other]] = [order[other]!, order[place]!];
      }
      return order;
    },
  };
}
