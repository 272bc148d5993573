/** Danish. */

import type { Names, Words } from "./words.ts";

const app = ({ app }: Names) => app ?? "denne applikation";
const vendor = ({ vendor }: Names) => vendor ?? "leverandøren af applikationen";

export const da: Words = {
  name: "Dansk",
  connect: "Forbind SuperOffice",
  start: "Gå til forsiden",
  language: "Sprog",
  privacy: "Privatlivspolitik",
  support: "Hjælp og support",
  by: (vendor) => `fra ${vendor}`,
  contact: ({ vendor }) => `Kontakt ${vendor ?? "leverandøren"}`,
  reference: "Oplys denne reference, hvis du har brug for hjælp:",
  company: "Firma",
  tenant: "Tenant-id",
  landing: {
    title: ({ app }) => `Forbind ${app ?? "applikationen"} med SuperOffice`,
    intro: (names) =>
      `Når du godkender det, kan ${
        app(names)
      } arbejde i jeres SuperOffice CRM Online med sin egen ` +
      "systembruger (»system user«), også når ingen er logget på. Du godkender kun én gang.",
    next: "Sådan foregår det",
    signIn: (host) =>
      `Du logger på hos SuperOffice (${host}). Vi får aldrig din adgangskode at se.`,
    approve: (names) => `SuperOffice spørger, om du godkender ${app(names)}.`,
    back: "Du kommer tilbage hertil og ser, hvad der er forbundet.",
    good: "Godt at vide",
    rights:
      "Du skal have funktionsrettigheden »General Administrator« eller »User Administrator« " +
      "i SuperOffice.",
    power: (names) =>
      "En systembruger har alle rettigheder i SuperOffice: Forbind kun, hvis du kender " +
      `${vendor(names)}.`,
    kept:
      "Vi gemmer virksomhedens navn, tenant-id og serienummer, dit brugernavn og et token til " +
      "systembrugeren. Tokenet gemmes krypteret.",
    record: "Hver gang tokenet bruges til at få adgang, registreres brugen først i en log, som " +
      "ikke kan ændres ubemærket.",
    end: (names) =>
      `Du kan afslutte når som helst: Afinstaller ${app(names)} i SuperOffice App Store under ` +
      `»Installed apps«, og bed ${vendor(names)} om at slette det, der er gemt.`,
  },
  connected: {
    title: "SuperOffice er forbundet",
    done: ({ app }) =>
      "Du skal ikke gøre mere og kan lukke denne side. " +
      `${app ?? "Applikationen"} kan nu arbejde i denne løsning som systembruger.`,
    end: (names) =>
      `Var det den forkerte løsning, eller vil du afslutte senere? Afinstaller ${app(names)} i ` +
      "SuperOffice App Store under »Installed apps«.",
  },
  renewed: {
    title: "SuperOffice var allerede forbundet",
    done:
      "Godkendelsen er fornyet, og forbindelsen virker som før. Du skal ikke gøre mere og kan " +
      "lukke denne side.",
  },
  nothing: {
    title: "Intet at vise",
    text: "Denne browser har ikke forbundet nogen SuperOffice-løsning inden for de seneste ti " +
      "minutter. En forbindelse, der blev oprettet tidligere, virker stadig.",
  },
  seen: {
    text: "Hvis du lige har set, at der er forbundet, er alt i orden.",
    link: "Se, hvad der er forbundet",
  },
  refusals: {
    not_understood: {
      title: "Det lykkedes ikke",
      todo: () => "Vi forstod ikke det, som din browser sendte: Forbind igen.",
    },
    link_incomplete: {
      title: "Dette link er ikke fuldstændigt",
      todo: () => "Bed den, der sendte dig linket, om et fuldstændigt link.",
    },
    link_expired: {
      title: "Dette forsøg er slut",
      todo: () =>
        "En forbindelse skal gøres færdig inden for ti minutter og virker kun én gang: Forbind " +
        "igen.",
    },
    other_browser: {
      title: "Denne browser blev ikke genkendt",
      todo: () =>
        "Gør forbindelsen færdig i den browser, du begyndte i, eller tillad, hvis det er denne, " +
        "cookies for dette websted, og forbind derefter igen.",
    },
    declined: {
      title: "Applikationen blev ikke godkendt",
      todo: (names) =>
        `SuperOffice meddeler, at ${app(names)} ikke blev godkendt: Forbind igen, hvis du vil ` +
        "godkende.",
    },
    not_accepted: {
      title: "Dit login kunne ikke bekræftes",
      todo: (names) =>
        "Svaret bestod ikke vores kontrol, og intet blev gemt: Forbind igen, og kontakt " +
        `${vendor(names)}, hvis det sker en gang til.`,
    },
    no_system_token: {
      title: "En administrator skal forbinde",
      todo: (names) =>
        "SuperOffice gav ingen adgang som systembruger for dette login: Forbind som " +
        "administrator, bed en administrator hos jer om at gøre det, eller kontakt " +
        `${vendor(names)}, hvis du selv er administrator.`,
    },
    already_used: {
      title: "Allerede brugt",
      todo: () => "Dette login er brugt før, og intet blev ændret: Forbind igen.",
    },
    serial_changed: {
      title: "Løsningen ser anderledes ud",
      todo: (names) =>
        "Databasens serienummer er ikke det, som vi kender for denne løsning, så intet blev " +
        `ændret: Kontakt ${vendor(names)}.`,
    },
    other_tenant: {
      title: "Det var en anden løsning",
      todo: () =>
        "Du loggede på en anden SuperOffice-løsning end den, du blev bedt om at forbinde, så intet " +
        "blev gemt: Åbn dit link igen, og vælg den rigtige løsning.",
    },
    legacy_off: {
      title: "Begynd på applikationens egen side",
      todo: ({ app }) => `${app ?? "Applikationen"} forbindes fra sin egen side: Begynd der.`,
    },
    try_again: {
      title: "Prøv igen om et minut",
      todo: () => "Noget, som vi er afhængige af, svarer ikke lige nu: Forbind igen om et minut.",
    },
    not_found: { title: "Her er ikke noget at se", todo: () => "Begynd på forsiden." },
  },
};
