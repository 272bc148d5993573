/** The levers of user administration: who can sign in, and in which tenants. */
import { type Body, flag, inSnakeCase, text, type Verbs } from "../../control/verbs.ts";
import type { Person } from "../tenant.ts";
import { findPerson, requireTenant, type World } from "../world.ts";

export interface PeopleLevers {
  /** A person who can sign in from now on. Throws when the user name is taken or a tenant unknown. */
  addPerson(person: NewPerson): Person;
  people(): readonly Person[];
}

export interface NewPerson {
  /** In the form of an e-mail address, which it is too. */
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  /** Absent: no. */
  readonly administrator?: boolean;
  /** Absent: all there are. */
  readonly tenants?: readonly string[];
}

export function peopleLevers(world: World): PeopleLevers {
  return {
    addPerson({ username, firstName, lastName, administrator = false, tenants }) {
      if (username.trim() === "" || findPerson(world, username)) {
        throw new Error(`Cannot add person ${username}: no user name, or already there`);
      }
      const { people } = world.state;
      const known = tenants?.map((tenant) => requireTenant(world, tenant).contextIdentifier);
      const person: Person = {
        username,
        firstName,
        lastName,
        initials: (firstName.slice(0, 1) + lastName.slice(0, 1)).toUpperCase(),
        // The system user's is 12.
        associateId: Math.max(12, ...people.map(({ associateId }) => associateId)) + 1,
        administrator,
        ...(known === undefined ? {} : { tenants: known }),
      };
      people.push(person);
      world.changed();
      return person;
    },
    people: () => [...world.state.people],
  };
}

export function peopleVerbs(levers: PeopleLevers): Verbs {
  return {
    add_person: {
      takes: ["username", "first_name", "last_name", "administrator?", "tenants?"],
      call: (body) =>
        inSnakeCase(levers.addPerson({
          username: text(body, "username"),
          firstName: text(body, "first_name"),
          lastName: text(body, "last_name"),
          ...("administrator" in body ? { administrator: flag(body, "administrator") } : {}),
          ...("tenants" in body ? { tenants: texts(body, "tenants") } : {}),
        })),
    },
    people: { takes: [], reads: true, call: () => inSnakeCase(levers.people()) },
  };
}

function texts(body: Body, name: string): readonly string[] {
  const value = body[name];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new Error(`Cannot read ${name}: not an array of strings`);
}
