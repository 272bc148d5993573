/**
 * Companies of a tenant, which the API calls contacts. Only the members that a client creating one is
 * likely to set or read; the rest of the real entity is left out.
 */
import type { ContactEntity, World } from "./world.ts";

/** A new, unsaved entity: what `GET Contact/default` and `CreateDefaultContactEntity` return. */
export function defaultContact(): ContactEntity {
  return {
    ContactId: 0,
    Name: "",
    Department: "",
    OrgNr: "",
    Number1: "",
    Number2: "",
    Description: "",
    Country: { CountryId: 578, Name: "Norway" },
    Category: { Id: 1, Value: "Customer" },
    Business: { Id: 1, Value: "Other" },
    CreatedDate: null,
    UpdatedDate: null,
    CreatedBy: null,
  };
}

/** Saves a company made of `members` (names in any case, unknown ones ignored) and returns it. */
export function createContact(
  world: World,
  ctx: string,
  members: ReadonlyMap<string, unknown>,
  author: { readonly associateId: number; readonly username: string },
): ContactEntity {
  const known = contactsOf(world, ctx);
  const at = new Date(world.now()).toISOString().slice(0, 19);
  const entity = {
    ...withMembers(defaultContact(), members),
    // 1 is the tenant's own company.
    ContactId: known.size + 2,
    CreatedDate: at,
    UpdatedDate: at,
    CreatedBy: { AssociateId: author.associateId, Name: author.username },
  };
  known.set(entity.ContactId, entity);
  world.changed();
  return entity;
}

/** The companies created in a tenant, by id. */
export function contactsOf(world: World, ctx: string): Map<number, ContactEntity> {
  let known = world.contacts.get(ctx);
  if (!known) world.contacts.set(ctx, known = new Map());
  return known;
}

function withMembers(entity: ContactEntity, members: ReadonlyMap<string, unknown>): ContactEntity {
  const changed = Object.entries(entity).map(([name, value]) => {
    const sent = members.get(name.toLowerCase());
    return [name, sent === undefined || sent === null ? value : sent];
  });
  const merged: ContactEntity = { ...entity, ...Object.fromEntries(changed) };
  return { ...merged, Name: String(merged.Name) };
}
