/** Finnish. Names stand where they need no ending. */

import type { Names, Words } from "./words.ts";

const sovelluksen = ({ app }: Names) => app === null ? "sovelluksen" : `sovelluksen ${app}`;
const toimittajaa = ({ vendor }: Names) =>
  vendor === null ? "sovelluksen toimittajaa" : `sovelluksen toimittajaa (${vendor})`;
const toimittajaan = ({ vendor }: Names) =>
  vendor === null ? "sovelluksen toimittajaan" : `sovelluksen toimittajaan (${vendor})`;

export const fi: Words = {
  name: "Suomi",
  connect: "Yhdistä SuperOffice",
  start: "Siirry aloitussivulle",
  language: "Kieli",
  privacy: "Tietosuoja",
  support: "Tuki",
  by: (vendor) => `toimittaja: ${vendor}`,
  contact: ({ vendor }) =>
    vendor === null ? "Ota yhteyttä toimittajaan" : `Ota yhteyttä: ${vendor}`,
  reference: "Jos tarvitset apua, ilmoita tämä viite:",
  company: "Yritys",
  tenant: "Ympäristön tunnus",
  landing: {
    title: ({ app }) =>
      app === null ? "Yhdistä SuperOffice-ympäristösi" : `Yhdistä ${app} SuperOffice-ympäristöösi`,
    intro: ({ app }) =>
      `Hyväksynnälläsi ${app ?? "tämä sovellus"} voi toimia SuperOffice CRM Online ` +
      "‑ympäristössäsi omana järjestelmäkäyttäjänään (”system user”) myös silloin, kun kukaan ei " +
      "ole kirjautuneena. Hyväksyntä annetaan vain kerran.",
    next: "Näin se etenee",
    signIn: (host) => `Kirjaudut sisään SuperOfficeen (${host}). Salasanasi ei tule tietoomme.`,
    approve: (names) => `SuperOffice kysyy, hyväksytkö ${sovelluksen(names)}.`,
    back: "Palaat tänne ja näet, mikä on yhdistetty.",
    good: "Hyvä tietää",
    rights: "Tarvitset SuperOfficessa toiminnallisen oikeuden ”General Administrator” tai ”User " +
      "Administrator”.",
    power: ({ vendor }) =>
      "Järjestelmäkäyttäjällä on kaikki oikeudet SuperOfficessa: yhdistä vain, jos tunnet " +
      `${vendor === null ? "sovelluksen toimittajan" : `toimittajan ${vendor}`}.`,
    kept:
      "Tallennamme yrityksesi nimen, ympäristön tunnuksen ja sarjanumeron, käyttäjänimesi sekä " +
      "järjestelmäkäyttäjän tunnisteen (token). Tunniste tallennetaan salattuna.",
    record: "Aina kun tunnisteella hankitaan pääsy, siitä tehdään ensin merkintä lokiin, jota ei " +
      "voi muuttaa huomaamatta.",
    end: (names) =>
      `Voit lopettaa milloin tahansa: poista ${sovelluksen(names)} asennus SuperOffice App ` +
      `Storessa kohdassa ”Installed apps” ja pyydä ${toimittajaa(names)} poistamaan tallennetut ` +
      "tiedot.",
  },
  connected: {
    title: "SuperOffice-ympäristösi on yhdistetty",
    done: ({ app }) =>
      "Sinun ei tarvitse tehdä muuta, ja voit sulkea tämän sivun. " +
      `${app ?? "Sovellus"} voi nyt toimia tässä ympäristössä järjestelmäkäyttäjänä.`,
    end: (names) =>
      "Oliko ympäristö väärä, tai haluatko lopettaa myöhemmin? Poista " +
      `${sovelluksen(names)} asennus SuperOffice App Storessa kohdassa ”Installed apps”.`,
  },
  renewed: {
    title: "SuperOffice-ympäristösi oli jo yhdistetty",
    done:
      "Hyväksyntä on uusittu, ja yhteys toimii kuten ennenkin. Sinun ei tarvitse tehdä muuta, " +
      "ja voit sulkea tämän sivun.",
  },
  nothing: {
    title: "Ei näytettävää",
    text:
      "Tällä selaimella ei ole yhdistetty SuperOffice-ympäristöä viimeisten kymmenen minuutin " +
      "aikana. Aiemmin tehty yhteys toimii edelleen.",
  },
  seen: {
    text: "Jos näit juuri, että yhdistäminen onnistui, kaikki on kunnossa.",
    link: "Katso, mikä on yhdistetty",
  },
  refusals: {
    not_understood: {
      title: "Yhdistäminen ei onnistunut",
      todo: () => "Emme ymmärtäneet, mitä selaimesi lähetti: yhdistä uudelleen.",
    },
    link_incomplete: {
      title: "Tämä linkki on puutteellinen",
      todo: () => "Pyydä linkin lähettäjältä toimiva linkki.",
    },
    link_expired: {
      title: "Tämä yhdistämisyritys on päättynyt",
      todo: () =>
        "Yhdistäminen on tehtävä loppuun kymmenen minuutin kuluessa, ja se toimii vain kerran: " +
        "yhdistä uudelleen.",
    },
    other_browser: {
      title: "Tätä selainta ei tunnistettu",
      todo: () =>
        "Tee yhdistäminen loppuun selaimessa, jossa aloitit, tai jos se on tämä, salli tämän sivuston " +
        "evästeet ja yhdistä sitten uudelleen.",
    },
    declined: {
      title: "Sovellusta ei hyväksytty",
      todo: ({ app }) =>
        `SuperOffice ilmoittaa, ettei ${app === null ? "sovellusta" : `sovellusta ${app}`} ` +
        "hyväksytty: yhdistä uudelleen, jos haluat hyväksyä sen.",
    },
    not_accepted: {
      title: "Kirjautumista ei voitu vahvistaa",
      todo: (names) =>
        "Vastaus ei läpäissyt tarkistuksiamme, eikä mitään tallennettu: yhdistä uudelleen ja ota " +
        `yhteyttä ${toimittajaan(names)}, jos näin käy toistamiseen.`,
    },
    no_system_token: {
      title: "Pääkäyttäjän on tehtävä yhdistäminen",
      todo: (names) =>
        "SuperOffice ei antanut tälle kirjautumiselle järjestelmäkäyttäjän oikeuksia: yhdistä " +
        "pääkäyttäjänä, pyydä yrityksesi pääkäyttäjää tekemään se tai, jos olet itse pääkäyttäjä, " +
        `ota yhteyttä ${toimittajaan(names)}.`,
    },
    already_used: {
      title: "Jo käytetty",
      todo: () =>
        "Tätä kirjautumista on käytetty aiemmin, eikä mitään muutettu: yhdistä uudelleen.",
    },
    serial_changed: {
      title: "Ympäristö näyttää erilaiselta",
      todo: (names) =>
        "Tietokannan sarjanumero ei ole se, jonka tunnemme tälle ympäristölle, joten mitään ei " +
        `muutettu: ota yhteyttä ${toimittajaan(names)}.`,
    },
    other_tenant: {
      title: "Se oli eri ympäristö",
      todo: () =>
        "Kirjauduit eri SuperOffice-ympäristöön kuin siihen, joka sinua pyydettiin yhdistämään, " +
        "joten mitään ei tallennettu: avaa linkkisi uudelleen ja valitse oikea ympäristö.",
    },
    legacy_off: {
      title: "Aloita sovelluksen omalta sivulta",
      todo: ({ app }) => `${app ?? "Sovellus"} yhdistetään sen omalta sivulta: aloita sieltä.`,
    },
    try_again: {
      title: "Yritä uudelleen minuutin kuluttua",
      todo: () =>
        "Jokin tarvitsemamme palvelu ei vastaa juuri nyt: yhdistä uudelleen minuutin kuluttua.",
    },
    not_found: { title: "Täällä ei ole mitään", todo: () => "Aloita aloitussivulta." },
  },
};
