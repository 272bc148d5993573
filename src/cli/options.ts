/** What options of commands may say, where several commands have them. */

import { InvalidArgumentError } from "commander";

/** @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("Not a whole number.");
  return Number(text);
}

/** From 1 to 999999. @throws InvalidArgumentError */
export function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("Not from 1 to 999999.");
  return Number(text);
}

/** Parts between commas. */
export function list(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

/** Lists that may be given several times add up. */
export function addTo(text: string, known: string[] | undefined): string[] {
  return [...(known ?? []), ...list(text)];
}

/** An option that may be given several times. */
export function collect(text: string, known: string[] | undefined): string[] {
  return [...(known ?? []), text];
}
