/** What others ask for. US dollars, as published; change them here when they do. */

export const PRICES = {
  /** cloud.google.com/kms/pricing, effective 2025-03-17: protection level HSM. */
  kms: {
    rsa2048: { versionMonth: 1, per10k: 0.03 },
    rsa3072: { versionMonth: 2.5, per10k: 0.15 },
  },
  /** upstash.com/docs/redis, billing, as of November 2026: pay as you go, one region. */
  upstash: { per100kCommands: 0.2, gbMonth: 0.25, freeBandwidthGb: 200, bandwidthGb: 0.03 },
} as const;

const GB = 1e9;

/** What a month of signatures costs. @param size which key */
export function kmsMoney(signatures: number, size: keyof typeof PRICES.kms): number {
  const { versionMonth, per10k } = PRICES.kms[size];
  return versionMonth + signatures / 10_000 * per10k;
}

/** What a month at Upstash costs. @param storedBytes at its end */
export function upstashMoney(commands: number, bytes: number, storedBytes: number): number {
  const { per100kCommands, gbMonth, freeBandwidthGb, bandwidthGb } = PRICES.upstash;
  const beyond = Math.max(0, bytes / GB - freeBandwidthGb);
  return commands / 100_000 * per100kCommands + storedBytes / GB * gbMonth + beyond * bandwidthGb;
}
