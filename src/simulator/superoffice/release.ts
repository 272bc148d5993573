/**
 * The release of SuperOffice that a tenant runs. The first one is real; every upgrade makes up the next,
 * three weeks later, as the vendor upgrades.
 */
import type { Tenant } from "./tenant.ts";

export interface Release {
  /** As the state endpoint and the version document name it. */
  readonly label: string;
  readonly version: string;
  readonly fileVersion: string;
  /** `yyyy-MM-dd`. */
  readonly date: string;
}

const firstDay = Date.UTC(2026, 1, 24);
const threeWeeks = 21 * 24 * 3_600_000;

/** What the tenant runs after the upgrades it has had. */
export function releaseOf({ upgrades = 0 }: Tenant): Release {
  const date = new Date(firstDay + upgrades * threeWeeks).toISOString().slice(0, 10);
  const version = `11.${10 + upgrades}`;
  return {
    label: `Release_${version}_${date.replaceAll("-", ".")}-02`,
    version,
    fileVersion: `${version}.0.0`,
    date,
  };
}
