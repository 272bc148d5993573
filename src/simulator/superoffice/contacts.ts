/**
 * Companies of a tenant, which the API calls contacts: made with defaults, saved, read. Lists behind
 * the members (categories, countries) are not simulated: what a caller sets is kept as it is.
 */
import { blankCarrier, type Plain, readCarrier } from "./carrier_json.ts";
import type { Person } from "./tenant.ts";
import type { ContactEntity, World } from "./world.ts";

/** A new, unsaved entity: what `GET Contact/default` and `CreateDefaultContactEntity` return. */
export function defaultContact(owner: Person): ContactEntity {
  return {
    ...blankCarrier("ContactEntity"),
    ContactId: 0,
    Name: "",
    Associate: associateOf(owner),
    Business: { ...blankCarrier("Business"), Id: 1, Value: "Other" },
    Category: { ...blankCarrier("Category"), Id: 1, Value: "Customer" },
    Country: norway(),
    Address: {
      ...blankCarrier("Address"),
      Street: { ...blankCarrier("StructuredAddress"), AtypeIdx: "ContactStreetAddress" },
      Postal: { ...blankCarrier("StructuredAddress"), AtypeIdx: "ContactPostalAddress" },
    },
  };
}

/** What is to be saved. */
export interface ContactChange {
  /** Members of the entity, names in any case. */
  readonly sent: unknown;
  readonly author: Person;
  /** Which company; absent: the one that `ContactId` in `sent` names, or a new one. */
  readonly id?: number;
}

/**
 * Saves a company. Members that were not sent stay as they are; a few are never the caller's to set.
 * Undefined when there is no company of that id. Throws when a member is not of its type.
 */
export function saveContact(
  world: World,
  contextIdentifier: string,
  { sent, author, id }: ContactChange,
): ContactEntity | undefined {
  const known = contactsOf(world, contextIdentifier);
  const asked = id ?? readCarrier("ContactEntity", sent, blankCarrier("ContactEntity")).ContactId;
  const isNew = asked === 0;
  const before = isNew ? defaultContact(author) : known.get(Number(asked));
  if (!before) return undefined;
  const members = readCarrier("ContactEntity", sent, before);
  const at = new Date(world.now()).toISOString().slice(0, 19);
  const by = associateOf(author);
  const saved: ContactEntity = {
    ...members,
    Name: String(members.Name),
    // 1 is the tenant's own company.
    ContactId: isNew ? known.size + 2 : before.ContactId,
    CreatedDate: isNew ? at : before.CreatedDate,
    CreatedBy: isNew ? by : before.CreatedBy,
    UpdatedDate: at,
    UpdatedBy: by,
  };
  known.set(saved.ContactId, saved);
  world.changed();
  return saved;
}

/** The companies created in a tenant, by id. */
export function contactsOf(world: World, contextIdentifier: string): Map<number, ContactEntity> {
  let known = world.contacts.get(contextIdentifier);
  if (!known) world.contacts.set(contextIdentifier, known = new Map());
  return known;
}

function associateOf(person: Person): Plain {
  return {
    ...blankCarrier("Associate"),
    AssociateId: person.associateId,
    Name: person.initials,
    Type: userTypeOf(person),
    FullName: `${person.firstName} ${person.lastName}`,
    FormalName: `${person.lastName}, ${person.firstName}`,
    UserName: person.username,
  };
}

/** Whether a person is the system user or somebody of the company. */
export function userTypeOf(person: Person): "SystemAssociate" | "InternalAssociate" {
  return person.associateId === 12 ? "SystemAssociate" : "InternalAssociate";
}

function norway(): Plain {
  return {
    ...blankCarrier("Country"),
    CountryId: 578,
    Name: "Norway",
    EnglishName: "Norway",
    TwoLetterISOCountry: "NO",
    ThreeLetterISOCountry: "NOR",
    DialInPrefix: "+47",
    DomainName: "no",
  };
}
