/** English. */

import type { Names, Words } from "./words.ts";

const app = ({ app }: Names) => app ?? "this application";
const vendor = ({ vendor }: Names) => vendor ?? "the vendor of this application";

export const en: Words = {
  name: "English",
  connect: "Connect SuperOffice",
  start: "Go to the start page",
  language: "Language",
  privacy: "Privacy",
  support: "Support",
  by: (vendor) => `by ${vendor}`,
  contact: ({ vendor }) => `Contact ${vendor ?? "the vendor"}`,
  reference: "If you need help, quote this reference:",
  company: "Company",
  tenant: "Tenant",
  landing: {
    title: ({ app }) =>
      app === null ? "Connect your SuperOffice" : `Connect ${app} to your SuperOffice`,
    intro: (names) =>
      `With your approval, ${app(names)} can work in your SuperOffice CRM Online as its own ` +
      "“system user”, also when nobody is signed in. You approve once.",
    next: "What happens next",
    signIn: (host) => `You sign in at SuperOffice (${host}). Your password never reaches us.`,
    approve: (names) => `SuperOffice asks whether you approve ${app(names)}.`,
    back: "You come back here and see what is connected.",
    good: "Good to know",
    rights: "You need the function right “General Administrator” or “User Administrator” in " +
      "SuperOffice.",
    power: (names) =>
      `A system user has all rights in SuperOffice: connect only if you know ${vendor(names)}.`,
    kept: "We keep your company’s name, its tenant identifier and serial number, your user name, " +
      "and a token for the system user. The token is stored encrypted.",
    record: "Each time the token is used to get access, this is first recorded in a log that " +
      "cannot be changed unnoticed.",
    end: (names) =>
      `You can end this at any time: uninstall ${app(names)} in the SuperOffice App Store, under ` +
      `“Installed apps”, and ask ${vendor(names)} to delete what is kept.`,
  },
  connected: {
    title: "Your SuperOffice is connected",
    done: ({ app }) =>
      "There is nothing more to do, and you can close this page. " +
      `${app ?? "The application"} can now work in this tenant as its system user.`,
    end: (names) =>
      `Not the tenant you meant, or you want to end this later? Uninstall ${app(names)} in the ` +
      "SuperOffice App Store, under “Installed apps”.",
  },
  renewed: {
    title: "Your SuperOffice was already connected",
    done: "Your approval was renewed, and the connection works as before. There is nothing more " +
      "to do, and you can close this page.",
  },
  nothing: {
    title: "Nothing to show",
    text: "This browser has not connected a SuperOffice in the last ten minutes. A connection " +
      "that was made earlier still works.",
  },
  seen: {
    text: "If you have just seen that it is connected, all is well.",
    link: "See what is connected",
  },
  refusals: {
    not_understood: {
      title: "That did not work",
      todo: () => "We did not understand what your browser sent: please connect again.",
    },
    link_incomplete: {
      title: "This link is not complete",
      todo: () => "Please ask whoever sent you the link for a complete one.",
    },
    link_expired: {
      title: "This attempt is over",
      todo: () =>
        "A connection must be finished within ten minutes and works only once: please connect " +
        "again.",
    },
    other_browser: {
      title: "This browser could not be recognized",
      todo: () =>
        "Finish in the browser you began in, or, if this is it, allow cookies for this site and " +
        "then connect again.",
    },
    declined: {
      title: "The application was not approved",
      todo: (names) =>
        `SuperOffice reports that ${app(names)} was not approved: connect again if you want to ` +
        "approve it.",
    },
    not_accepted: {
      title: "The sign-in could not be verified",
      todo: (names) =>
        "What came back did not pass our checks and nothing was stored: please connect again, and " +
        `contact ${vendor(names)} if it happens once more.`,
    },
    no_system_token: {
      title: "An administrator has to connect",
      todo: (names) =>
        "SuperOffice gave no system user access for this sign-in: please connect as a SuperOffice " +
        `administrator, ask one in your company to do so, or, if you are one, contact ${
          vendor(names)
        }.`,
    },
    already_used: {
      title: "Already used",
      todo: () => "This sign-in was used before and nothing was changed: please connect again.",
    },
    serial_changed: {
      title: "This tenant looks different",
      todo: (names) =>
        "The database serial number is not the one we know for this tenant, so nothing was " +
        `changed: please contact ${vendor(names)}.`,
    },
    other_tenant: {
      title: "That was another tenant",
      todo: () =>
        "You signed in to a different tenant than the one you were asked to connect, so nothing " +
        "was stored: please open your link again and choose the right tenant.",
    },
    legacy_off: {
      title: "Please begin at the app’s own page",
      todo: ({ app }) =>
        `${app ?? "This application"} is connected from its own page: please begin there.`,
    },
    try_again: {
      title: "Please try again in a minute",
      todo: () =>
        "Something that we need does not answer at the moment: please connect again in a minute.",
    },
    not_found: { title: "There is nothing here", todo: () => "Please begin at the start page." },
  },
};
