/** Reads single values of an environment and collects what is wrong with them, by name. */

import { Secret } from "./domain/secret.ts";
import { parseSecureUrl } from "./domain/secure_url.ts";

/** One thing wrong with the environment. Never holds a value of it. */
export interface Problem {
  readonly name: string;
  readonly problem: string;
}

export interface Reader {
  readonly problems: readonly Problem[];
  problem(name: string, problem: string): void;
  has(name: string): boolean;
  text(name: string): string | null;
  secret(name: string): Secret | null;
  choice<const T extends string>(name: string, valid: readonly T[], otherwise: T): T;
  whole(name: string, least: number, most: number, otherwise: number): number;
  /** An origin: https, or http on loopback; no path, query, fragment or credentials. */
  origin(name: string): URL | null;
}

/** @param environment an empty value counts as absent */
export function createReader(environment: Readonly<Record<string, string | undefined>>): Reader {
  const problems: Problem[] = [];
  const problem = (name: string, text: string) => {
    // Some values are read for two purposes; one problem is said once.
    if (!problems.some((known) => known.name === name && known.problem === text)) {
      problems.push({ name, problem: text });
    }
  };
  const text = (name: string): string | null => {
    const value = Object.hasOwn(environment, name) ? environment[name]?.trim() : undefined;
    return value === undefined || value === "" ? null : value;
  };
  return {
    problems,
    problem,
    text,
    has: (name) => text(name) !== null,
    secret(name) {
      const value = text(name);
      return value === null ? null : new Secret(value);
    },
    choice(name, valid, otherwise) {
      const value = text(name);
      if (value === null) return otherwise;
      const found = valid.find((known) => known === value);
      if (found === undefined) problem(name, `is not one of ${valid.join(", ")}`);
      return found ?? otherwise;
    },
    whole(name, least, most, otherwise) {
      const value = text(name);
      if (value === null) return otherwise;
      const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
      if (number >= least && number <= most) return number;
      problem(name, `is not a whole number from ${least} to ${most}`);
      return otherwise;
    },
    origin(name) {
      const value = text(name);
      if (value === null) return null;
      const url = URL.canParse(value) ? new URL(value) : null;
      if (url === null || !/^https?:$/.test(url.protocol)) {
        problem(name, "is not a URL");
        return null;
      }
      // Compared as text: an empty query and a password alone show nowhere else.
      if (url.href !== `${url.origin}/`) {
        problem(name, "is not an origin: leave out path, query and credentials");
        return null;
      }
      if (parseSecureUrl(url.href) === null) {
        problem(name, "must be https: plain http is for loopback only");
        return null;
      }
      return url;
    },
  };
}
