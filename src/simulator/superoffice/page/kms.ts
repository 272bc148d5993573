/** The Cloud KMS stand-in, when there is one: its key versions and its faults. */
import { html } from "hono/html";
import { buttonForm } from "./buttons.ts";
import { type Html, type PageSource, part } from "./part.ts";

interface KeyVersion {
  readonly name: string;
  readonly algorithm: string;
  readonly state: string;
}

/** Nothing when the verbs of Cloud KMS are not mounted. */
export function kmsPart({ verbs }: PageSource): Html | string {
  const versions = verbs.kms_key_versions?.call({}) as readonly KeyVersion[] | undefined;
  const fault = Object.values(verbs.kms_armed_fault?.call({}) ?? {}).join(" ");
  if (versions === undefined) return "";
  return part(
    "kms",
    "Cloud KMS",
    html`
      ${versions.map(({ name, algorithm, state }) =>
        html`
          <article>
            <p><code>${name}</code></p>
            <p>${algorithm}: <strong class="${state === "ENABLED"
              ? "good"
              : "bad"}">${state}</strong></p>
            ${buttonForm(verbs, "key_version", `Key version ${name}`, { key_version: name })}
          </article>
        `
      )}
      <h3>Signing, until cleared: <strong class="${fault === "" ? "good" : "bad"}">${fault ||
        "right"}</strong></h3>
      ${buttonForm(verbs, "kms", "Faults of signing")}
    `,
  );
}
