/** Dutch. */

import type { Names, Words } from "./words.ts";

const app = ({ app }: Names) => app ?? "deze applicatie";
const vendor = ({ vendor }: Names) => vendor ?? "de leverancier van deze applicatie";

export const nl: Words = {
  name: "Nederlands",
  connect: "SuperOffice koppelen",
  start: "Naar de startpagina",
  language: "Taal",
  privacy: "Privacybeleid",
  support: "Hulp en ondersteuning",
  by: (vendor) => `van ${vendor}`,
  contact: ({ vendor }) => `Contact opnemen met ${vendor ?? "de leverancier"}`,
  reference: "Vermeld dit kenmerk als u hulp nodig hebt:",
  company: "Bedrijf",
  tenant: "Tenant-ID",
  landing: {
    title: ({ app }) =>
      app === null ? "Uw SuperOffice koppelen" : `${app} koppelen aan SuperOffice`,
    intro: (names) =>
      `Met uw goedkeuring kan ${app(names)} in uw SuperOffice CRM Online werken als een eigen ` +
      "systeemgebruiker (‘system user’), ook als er niemand is aangemeld. U keurt dit één keer goed.",
    next: "Zo gaat het verder",
    signIn: (host) =>
      `U meldt zich aan bij SuperOffice (${host}). Wij krijgen uw wachtwoord nooit te zien.`,
    approve: (names) => `SuperOffice vraagt of u ${app(names)} goedkeurt.`,
    back: "U komt hier terug en ziet wat er gekoppeld is.",
    good: "Goed om te weten",
    rights: "U hebt in SuperOffice het functionele recht ‘General Administrator’ of ‘User " +
      "Administrator’ nodig.",
    power: (names) =>
      "Een systeemgebruiker heeft in SuperOffice alle rechten: koppel alleen als u " +
      `${vendor(names)} kent.`,
    kept: "We bewaren de naam van uw bedrijf, de tenant-ID en het serienummer, uw gebruikersnaam " +
      "en een token voor de systeemgebruiker. Het token wordt versleuteld opgeslagen.",
    record: "Telkens als het token wordt gebruikt om toegang te krijgen, wordt dat eerst " +
      "vastgelegd in een logboek dat niet ongemerkt kan worden gewijzigd.",
    end: (names) =>
      `U kunt dit op elk moment beëindigen: verwijder ${app(names)} in de SuperOffice App Store, ` +
      `onder ‘Installed apps’, en vraag ${vendor(names)} te verwijderen wat er bewaard is.`,
  },
  connected: {
    title: "Uw SuperOffice is gekoppeld",
    done: ({ app }) =>
      "U hoeft verder niets te doen en kunt deze pagina sluiten. " +
      `${app ?? "De applicatie"} kan nu in deze omgeving werken als systeemgebruiker.`,
    end: (names) =>
      "Was dit de verkeerde omgeving, of wilt u de koppeling later beëindigen? Verwijder " +
      `${app(names)} in de SuperOffice App Store, onder ‘Installed apps’.`,
  },
  renewed: {
    title: "Uw SuperOffice was al gekoppeld",
    done:
      "Uw goedkeuring is vernieuwd en de koppeling werkt zoals voorheen. U hoeft verder niets " +
      "te doen en kunt deze pagina sluiten.",
  },
  nothing: {
    title: "Er is niets om te tonen",
    text: "Met deze browser is de afgelopen tien minuten geen SuperOffice gekoppeld. Een eerdere " +
      "koppeling werkt nog steeds.",
  },
  seen: {
    text: "Als u net hebt gezien dat er gekoppeld is, is alles in orde.",
    link: "Bekijk wat er gekoppeld is",
  },
  refusals: {
    not_understood: {
      title: "Dat is niet gelukt",
      todo: () => "We hebben niet begrepen wat uw browser heeft gestuurd: koppel opnieuw.",
    },
    link_incomplete: {
      title: "Deze link is niet volledig",
      todo: () => "Vraag degene die u de link heeft gestuurd om een volledige link.",
    },
    link_expired: {
      title: "Deze poging is voorbij",
      todo: () =>
        "Een koppeling moet binnen tien minuten worden afgerond en werkt maar één keer: koppel " +
        "opnieuw.",
    },
    other_browser: {
      title: "Deze browser is niet herkend",
      todo: () =>
        "Rond de koppeling af in de browser waarin u bent begonnen, of sta, als het deze is, " +
        "cookies toe voor deze website en koppel daarna opnieuw.",
    },
    declined: {
      title: "De applicatie is niet goedgekeurd",
      todo: (names) =>
        `SuperOffice meldt dat ${
          app(names)
        } niet is goedgekeurd: koppel opnieuw als u alsnog wilt ` +
        "goedkeuren.",
    },
    not_accepted: {
      title: "De aanmelding kon niet worden bevestigd",
      todo: (names) =>
        "Het antwoord heeft onze controles niet doorstaan en er is niets opgeslagen: koppel " +
        `opnieuw, en neem contact op met ${vendor(names)} als het nog eens gebeurt.`,
    },
    no_system_token: {
      title: "Een beheerder moet koppelen",
      todo: (names) =>
        "SuperOffice gaf bij deze aanmelding geen toegang als systeemgebruiker: koppel als " +
        "beheerder, vraag een beheerder van uw bedrijf om dat te doen of neem, als u zelf " +
        `beheerder bent, contact op met ${vendor(names)}.`,
    },
    already_used: {
      title: "Al gebruikt",
      todo: () => "Deze aanmelding is al eerder gebruikt en er is niets gewijzigd: koppel opnieuw.",
    },
    serial_changed: {
      title: "Deze omgeving ziet er anders uit",
      todo: (names) =>
        "Het serienummer van de database is niet het nummer dat we van deze omgeving kennen, dus " +
        `er is niets gewijzigd: neem contact op met ${vendor(names)}.`,
    },
    other_tenant: {
      title: "Dat was een andere omgeving",
      todo: () =>
        "U hebt zich aangemeld bij een andere SuperOffice-omgeving dan de omgeving die u zou " +
        "koppelen, dus er is niets opgeslagen: open uw link opnieuw en kies de juiste omgeving.",
    },
    legacy_off: {
      title: "Begin op de eigen pagina van de applicatie",
      todo: ({ app }) =>
        `${app ?? "Deze applicatie"} wordt vanaf de eigen pagina gekoppeld: begin daar.`,
    },
    try_again: {
      title: "Probeer het over een minuut opnieuw",
      todo: () =>
        "Iets wat we nodig hebben, reageert op dit moment niet: koppel over een minuut opnieuw.",
    },
    not_found: { title: "Hier is niets", todo: () => "Begin op de startpagina." },
  },
};
