/** The application as tenant administrators see it: what its vendor calls it, and where to ask. */

/** A picture that was looked at: it is what its type says. */
export interface AppLogo {
  readonly type: "image/svg+xml" | "image/png";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Null wherever the vendor said nothing. */
export interface AppProfile {
  readonly name: string | null;
  readonly vendor: string | null;
  /** What the vendor does with personal data. */
  readonly privacyUrl: URL | null;
  /** Where to ask for help: a page, or `mailto:` and one address. */
  readonly supportUrl: URL | null;
  readonly logo: AppLogo | null;
}
