/** Swedish. */

import type { Names, Words } from "./words.ts";

const app = ({ app }: Names) => app ?? "den här applikationen";
const vendor = ({ vendor }: Names) => vendor ?? "applikationens leverantör";

export const sv: Words = {
  name: "Svenska",
  connect: "Anslut SuperOffice",
  start: "Gå till startsidan",
  language: "Språk",
  privacy: "Integritetspolicy",
  support: "Kundsupport",
  by: (vendor) => `från ${vendor}`,
  contact: ({ vendor }) => `Kontakta ${vendor ?? "leverantören"}`,
  reference: "Uppge den här referensen om du behöver hjälp:",
  company: "Företag",
  tenant: "Tenant-id",
  landing: {
    title: ({ app }) => `Anslut ${app ?? "applikationen"} till SuperOffice`,
    intro: (names) =>
      `Om du godkänner det kan ${app(names)} arbeta i ert SuperOffice CRM Online med en egen ` +
      "systemanvändare (”system user”), även när ingen är inloggad. Du godkänner bara en gång.",
    next: "Så går det till",
    signIn: (host) => `Du loggar in hos SuperOffice (${host}). Vi får aldrig se ditt lösenord.`,
    approve: (names) => `SuperOffice frågar om du godkänner ${app(names)}.`,
    back: "Du kommer tillbaka hit och ser vad som är anslutet.",
    good: "Bra att veta",
    rights:
      "Du behöver den funktionella behörigheten ”General Administrator” eller ”User Administrator” " +
      "i SuperOffice.",
    power: (names) =>
      "En systemanvändare har alla behörigheter i SuperOffice: Anslut bara om du känner till " +
      `${vendor(names)}.`,
    kept: "Vi sparar företagets namn, tenant-id och serienummer, ditt användarnamn och en token " +
      "för systemanvändaren. Denna token lagras krypterad.",
    record: "Varje gång denna token används för att få åtkomst antecknas det först i en logg som " +
      "inte kan ändras obemärkt.",
    end: (names) =>
      `Du kan avsluta när som helst: Avinstallera ${app(names)} i SuperOffice App Store, under ` +
      `”Installed apps”, och be ${vendor(names)} att radera det som sparats.`,
  },
  connected: {
    title: "SuperOffice är anslutet",
    done: ({ app }) =>
      "Du behöver inte göra något mer och kan stänga den här sidan. " +
      `${app ?? "Applikationen"} kan nu arbeta i den här lösningen som systemanvändare.`,
    end: (names) =>
      `Var det fel lösning, eller vill du avsluta senare? Avinstallera ${app(names)} i ` +
      "SuperOffice App Store, under ”Installed apps”.",
  },
  renewed: {
    title: "SuperOffice var redan anslutet",
    done:
      "Godkännandet har förnyats och anslutningen fungerar som tidigare. Du behöver inte göra " +
      "något mer och kan stänga den här sidan.",
  },
  nothing: {
    title: "Inget att visa",
    text: "Den här webbläsaren har inte anslutit någon SuperOffice-lösning under de senaste tio " +
      "minuterna. En anslutning som gjordes tidigare fungerar fortfarande.",
  },
  seen: {
    text: "Om du nyss såg att det är anslutet är allt i sin ordning.",
    link: "Se vad som är anslutet",
  },
  refusals: {
    not_understood: {
      title: "Det gick inte",
      todo: () => "Vi förstod inte det som din webbläsare skickade: Anslut igen.",
    },
    link_incomplete: {
      title: "Den här länken är inte fullständig",
      todo: () => "Be den som skickade länken till dig om en fullständig länk.",
    },
    link_expired: {
      title: "Det här försöket är över",
      todo: () =>
        "En anslutning måste slutföras inom tio minuter och fungerar bara en gång: Anslut igen.",
    },
    other_browser: {
      title: "Den här webbläsaren kändes inte igen",
      todo: () =>
        "Slutför i den webbläsare som du började i, eller, om det är den här, tillåt kakor för den " +
        "här webbplatsen och anslut sedan igen.",
    },
    declined: {
      title: "Applikationen godkändes inte",
      todo: (names) =>
        `SuperOffice meddelar att ${app(names)} inte godkändes: Anslut igen om du vill godkänna.`,
    },
    not_accepted: {
      title: "Inloggningen kunde inte verifieras",
      todo: (names) =>
        "Svaret klarade inte våra kontroller och inget sparades: Anslut igen, och kontakta " +
        `${vendor(names)} om det händer en gång till.`,
    },
    no_system_token: {
      title: "En administratör måste ansluta",
      todo: (names) =>
        "SuperOffice gav ingen åtkomst som systemanvändare för den här inloggningen: Anslut som " +
        "administratör, be en administratör hos er att göra det eller, om du själv är " +
        `administratör, kontakta ${vendor(names)}.`,
    },
    already_used: {
      title: "Redan använd",
      todo: () => "Den här inloggningen har använts tidigare och inget ändrades: Anslut igen.",
    },
    serial_changed: {
      title: "Lösningen ser annorlunda ut",
      todo: (names) =>
        "Databasens serienummer är inte det som vi känner till för den här lösningen, så inget " +
        `ändrades: Kontakta ${vendor(names)}.`,
    },
    other_tenant: {
      title: "Det var en annan lösning",
      todo: () =>
        "Du loggade in i en annan SuperOffice-lösning än den som du ombads att ansluta, så inget " +
        "sparades: Öppna din länk igen och välj rätt lösning.",
    },
    legacy_off: {
      title: "Börja på applikationens egen sida",
      todo: ({ app }) => `${app ?? "Applikationen"} ansluts från sin egen sida: Börja där.`,
    },
    try_again: {
      title: "Försök igen om en minut",
      todo: () => "Något som vi är beroende av svarar inte just nu: Anslut igen om en minut.",
    },
    not_found: { title: "Här finns inget", todo: () => "Börja på startsidan." },
  },
};
