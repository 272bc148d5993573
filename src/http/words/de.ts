/** German. */

import type { Names, Words } from "./words.ts";

const app = ({ app }: Names) => app ?? "diese Anwendung";
const vendor = ({ vendor }: Names) => vendor ?? "den Anbieter dieser Anwendung";

export const de: Words = {
  name: "Deutsch",
  connect: "SuperOffice verbinden",
  start: "Zur Startseite",
  language: "Sprache",
  privacy: "Datenschutz",
  support: "Hilfe und Support",
  by: (vendor) => `von ${vendor}`,
  contact: ({ vendor }) => `${vendor ?? "Anbieter"} kontaktieren`,
  reference: "Wenn Sie Hilfe brauchen, nennen Sie bitte diese Referenz:",
  company: "Firma",
  tenant: "Mandant",
  landing: {
    title: ({ app }) =>
      app === null ? "Ihr SuperOffice verbinden" : `${app} mit Ihrem SuperOffice verbinden`,
    intro: (names) =>
      `Mit Ihrer Genehmigung kann ${app(names)} in Ihrem SuperOffice CRM Online als eigener ` +
      "Systembenutzer („System User“) arbeiten, auch wenn niemand angemeldet ist. Sie genehmigen " +
      "das nur einmal.",
    next: "So geht es weiter",
    signIn: (host) =>
      `Sie melden sich bei SuperOffice an (${host}). Ihr Kennwort erfahren wir dabei nicht.`,
    approve: (names) => `SuperOffice fragt, ob Sie ${app(names)} genehmigen.`,
    back: "Sie kommen hierher zurück und sehen, was verbunden ist.",
    good: "Gut zu wissen",
    rights: "Sie brauchen in SuperOffice das Funktionsrecht „General Administrator“ oder „User " +
      "Administrator“.",
    power: (names) =>
      "Ein Systembenutzer hat in SuperOffice alle Rechte: Verbinden Sie nur, wenn Sie " +
      `${vendor(names)} kennen.`,
    kept: "Wir speichern den Namen Ihrer Firma, Kennung und Seriennummer Ihres Mandanten, " +
      "Ihren Benutzernamen und ein Token für den Systembenutzer. Das Token wird verschlüsselt " +
      "gespeichert.",
    record: "Jede Verwendung des Tokens, um Zugang zu erhalten, wird vorher in einem Protokoll " +
      "festgehalten, das sich nicht unbemerkt ändern lässt.",
    end: (names) =>
      `Sie können das jederzeit beenden: Deinstallieren Sie ${
        app(names)
      } im SuperOffice App Store ` +
      `unter „Installed apps“, und bitten Sie ${
        vendor(names)
      }, die gespeicherten Daten zu löschen.`,
  },
  connected: {
    title: "Ihr SuperOffice ist verbunden",
    done: ({ app }) =>
      "Mehr ist nicht zu tun, Sie können diese Seite schließen. " +
      `${app ?? "Die Anwendung"} kann in diesem Mandanten jetzt als Systembenutzer arbeiten.`,
    end: (names) =>
      "War es der falsche Mandant, oder möchten Sie die Verbindung später beenden? Deinstallieren " +
      `Sie ${app(names)} im SuperOffice App Store unter „Installed apps“.`,
  },
  renewed: {
    title: "Ihr SuperOffice war bereits verbunden",
    done:
      "Ihre Genehmigung wurde erneuert, die Verbindung funktioniert wie bisher. Mehr ist nicht " +
      "zu tun, Sie können diese Seite schließen.",
  },
  nothing: {
    title: "Hier gibt es nichts anzuzeigen",
    text: "Mit diesem Browser wurde in den letzten zehn Minuten kein SuperOffice verbunden. Eine " +
      "frühere Verbindung funktioniert weiterhin.",
  },
  seen: {
    text: "Wenn Sie gerade gesehen haben, dass die Verbindung steht, ist alles in Ordnung.",
    link: "Ansehen, was verbunden ist",
  },
  refusals: {
    not_understood: {
      title: "Das hat nicht funktioniert",
      todo: () =>
        "Was Ihr Browser gesendet hat, haben wir nicht verstanden: Bitte stellen Sie die Verbindung " +
        "noch einmal her.",
    },
    link_incomplete: {
      title: "Dieser Link ist nicht vollständig",
      todo: () =>
        "Bitten Sie die Person, die Ihnen den Link geschickt hat, um einen vollständigen Link.",
    },
    link_expired: {
      title: "Dieser Versuch ist beendet",
      todo: () =>
        "Eine Verbindung muss innerhalb von zehn Minuten abgeschlossen werden und ist nur einmal " +
        "gültig: Bitte stellen Sie die Verbindung noch einmal her.",
    },
    other_browser: {
      title: "Dieser Browser wurde nicht erkannt",
      todo: () =>
        "Schließen Sie die Verbindung in dem Browser ab, in dem Sie begonnen haben, oder erlauben " +
        "Sie, wenn es dieser ist, Cookies für diese Website und stellen Sie dann die Verbindung " +
        "noch einmal her.",
    },
    declined: {
      title: "Die Anwendung wurde nicht genehmigt",
      todo: (names) =>
        `SuperOffice meldet, dass ${
          app(names)
        } nicht genehmigt wurde: Stellen Sie die Verbindung noch ` +
        "einmal her, wenn Sie das genehmigen möchten.",
    },
    not_accepted: {
      title: "Die Anmeldung ließ sich nicht bestätigen",
      todo: (names) =>
        "Die Antwort hat unsere Prüfungen nicht bestanden, und es wurde nichts gespeichert: Bitte " +
        `stellen Sie die Verbindung noch einmal her, und wenden Sie sich an ${vendor(names)}, ` +
        "wenn es wieder geschieht.",
    },
    no_system_token: {
      title: "Ein Administrator muss die Verbindung herstellen",
      todo: (names) =>
        "SuperOffice hat bei dieser Anmeldung keinen Zugang als Systembenutzer erteilt: Bitte " +
        "stellen Sie die Verbindung als Administrator her, bitten Sie einen Administrator Ihrer " +
        `Firma darum, oder wenden Sie sich, wenn Sie selbst einer sind, an ${vendor(names)}.`,
    },
    already_used: {
      title: "Bereits verwendet",
      todo: () =>
        "Diese Anmeldung wurde schon einmal verwendet, und es wurde nichts geändert: Bitte " +
        "stellen Sie die Verbindung noch einmal her.",
    },
    serial_changed: {
      title: "Dieser Mandant sieht anders aus",
      todo: (names) =>
        "Die Seriennummer der Datenbank ist nicht die, die wir von diesem Mandanten kennen, deshalb " +
        `wurde nichts geändert: Bitte wenden Sie sich an ${vendor(names)}.`,
    },
    other_tenant: {
      title: "Das war ein anderer Mandant",
      todo: () =>
        "Sie haben sich bei einem anderen Mandanten angemeldet als dem, den Sie verbinden sollten, " +
        "deshalb wurde nichts gespeichert: Bitte öffnen Sie Ihren Link noch einmal und " +
        "wählen Sie den richtigen Mandanten.",
    },
    legacy_off: {
      title: "Bitte beginnen Sie auf der Seite der Anwendung",
      todo: ({ app }) =>
        `${
          app ?? "Diese Anwendung"
        } wird auf der eigenen Seite verbunden: Bitte beginnen Sie dort.`,
    },
    try_again: {
      title: "Bitte versuchen Sie es in einer Minute noch einmal",
      todo: () =>
        "Etwas, das wir brauchen, antwortet gerade nicht: Bitte stellen Sie die Verbindung in einer " +
        "Minute noch einmal her.",
    },
    not_found: {
      title: "Hier ist nichts",
      todo: () => "Bitte beginnen Sie auf der Startseite.",
    },
  },
};
