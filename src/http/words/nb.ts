/** Norwegian (bokmål). */

import type { Names, Words } from "./words.ts";

const app = ({ app }: Names) => app ?? "denne applikasjonen";
const vendor = ({ vendor }: Names) => vendor ?? "leverandøren av applikasjonen";

export const nb: Words = {
  name: "Norsk",
  connect: "Koble til SuperOffice",
  start: "Gå til startsiden",
  language: "Språk",
  privacy: "Personvern",
  support: "Kundestøtte",
  by: (vendor) => `fra ${vendor}`,
  contact: ({ vendor }) => `Kontakt ${vendor ?? "leverandøren"}`,
  reference: "Oppgi denne referansen hvis du trenger hjelp:",
  company: "Firma",
  tenant: "Tenant-ID",
  landing: {
    title: ({ app }) => `Koble ${app ?? "applikasjonen"} til SuperOffice`,
    intro: (names) =>
      `Når du godkjenner det, kan ${app(names)} arbeide i SuperOffice CRM Online hos dere med en ` +
      "egen systembruker («system user»), også når ingen er pålogget. Du godkjenner bare én gang.",
    next: "Dette skjer videre",
    signIn: (host) => `Du logger på hos SuperOffice (${host}). Vi får aldri se passordet ditt.`,
    approve: (names) => `SuperOffice spør om du vil godkjenne ${app(names)}.`,
    back: "Du kommer tilbake hit og ser hva som er koblet til.",
    good: "Greit å vite",
    rights:
      "Du trenger funksjonsrettigheten «General Administrator» eller «User Administrator» i " +
      "SuperOffice.",
    power: (names) =>
      `En systembruker har alle rettigheter i SuperOffice: Koble bare til hvis du kjenner ` +
      `${vendor(names)}.`,
    kept:
      "Vi lagrer firmanavnet, tenant-ID-en og serienummeret, brukernavnet ditt og et token for " +
      "systembrukeren. Tokenet lagres kryptert.",
    record:
      "Hver gang tokenet brukes til å få tilgang, blir bruken først ført i en logg som ikke " +
      "kan endres uten at det oppdages.",
    end: (names) =>
      `Du kan avslutte når som helst: Avinstaller ${app(names)} i SuperOffice App Store, under ` +
      `«Installed apps», og be ${vendor(names)} om å slette det som er lagret.`,
  },
  connected: {
    title: "SuperOffice er koblet til",
    done: ({ app }) =>
      "Du trenger ikke å gjøre noe mer og kan lukke denne siden. " +
      `${app ?? "Applikasjonen"} kan nå arbeide i denne løsningen som systembruker.`,
    end: (names) =>
      `Var det feil løsning, eller vil du avslutte senere? Avinstaller ${app(names)} i ` +
      "SuperOffice App Store, under «Installed apps».",
  },
  renewed: {
    title: "SuperOffice var allerede koblet til",
    done: "Godkjenningen er fornyet, og tilkoblingen virker som før. Du trenger ikke å gjøre noe " +
      "mer og kan lukke denne siden.",
  },
  nothing: {
    title: "Ingenting å vise",
    text: "Denne nettleseren har ikke koblet til noen SuperOffice-løsning de siste ti minuttene. " +
      "En tilkobling som ble gjort tidligere, virker fortsatt.",
  },
  seen: {
    text: "Hvis du nettopp så at det er koblet til, er alt i orden.",
    link: "Se hva som er koblet til",
  },
  refusals: {
    not_understood: {
      title: "Det gikk ikke",
      todo: () => "Vi forsto ikke det nettleseren din sendte: Koble til på nytt.",
    },
    link_incomplete: {
      title: "Denne lenken er ikke fullstendig",
      todo: () => "Be den som sendte deg lenken, om en fullstendig lenke.",
    },
    link_expired: {
      title: "Dette forsøket er over",
      todo: () =>
        "En tilkobling må fullføres innen ti minutter og virker bare én gang: Koble til på nytt.",
    },
    other_browser: {
      title: "Denne nettleseren ble ikke gjenkjent",
      todo: () =>
        "Fullfør i nettleseren du startet i, eller, hvis det er denne, tillat informasjonskapsler " +
        "for dette nettstedet og koble deretter til på nytt.",
    },
    declined: {
      title: "Applikasjonen ble ikke godkjent",
      todo: (names) =>
        `SuperOffice melder at ${app(names)} ikke ble godkjent: Koble til på nytt hvis du vil ` +
        "godkjenne.",
    },
    not_accepted: {
      title: "Påloggingen kunne ikke bekreftes",
      todo: (names) =>
        "Svaret besto ikke kontrollene våre, og ingenting ble lagret: Koble til på nytt, og " +
        `kontakt ${vendor(names)} hvis det skjer igjen.`,
    },
    no_system_token: {
      title: "En administrator må koble til",
      todo: (names) =>
        "SuperOffice ga ingen tilgang som systembruker for denne påloggingen: Koble til som " +
        "administrator, be en administrator hos dere om å gjøre det, eller, hvis du selv er " +
        `administrator, kontakt ${vendor(names)}.`,
    },
    already_used: {
      title: "Allerede brukt",
      todo: () => "Denne påloggingen er brukt før, og ingenting ble endret: Koble til på nytt.",
    },
    serial_changed: {
      title: "Løsningen ser annerledes ut",
      todo: (names) =>
        "Serienummeret til databasen er ikke det vi kjenner for denne løsningen, så ingenting ble " +
        `endret: Kontakt ${vendor(names)}.`,
    },
    other_tenant: {
      title: "Det var en annen løsning",
      todo: () =>
        "Du logget deg på en annen SuperOffice-løsning enn den du ble bedt om å koble til, så ingenting " +
        "ble lagret: Åpne lenken din på nytt og velg riktig løsning.",
    },
    legacy_off: {
      title: "Begynn på applikasjonens egen side",
      todo: ({ app }) => `${app ?? "Applikasjonen"} kobles til fra sin egen side: Begynn der.`,
    },
    try_again: {
      title: "Prøv igjen om et minutt",
      todo: () => "Noe vi er avhengige av, svarer ikke akkurat nå: Koble til på nytt om et minutt.",
    },
    not_found: { title: "Her er det ingenting", todo: () => "Begynn på startsiden." },
  },
};
