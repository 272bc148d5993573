/**
 * The data contracts of a tenant's web services, called carriers, as far as a company reaches: which
 * members there are, of which type, in the order of the published WSDL. The JSON of the REST services
 * has the same names. One table, so that WSDL, XML and JSON cannot disagree.
 */

/**
 * A simple type of XML Schema, an enumeration, `Dictionary` (string to string), the name of a contract,
 * or one of these with `[]`: a list of it.
 */
export type MemberType = string;

export interface Member {
  readonly name: string;
  readonly type: MemberType;
  /** Newer than Services88: in the JSON only. */
  readonly isRestOnly: boolean;
}

export interface DataContract {
  /** Whether rights on the entity and its fields come with it. */
  readonly isCarrier: boolean;
  readonly members: readonly Member[];
}

export const enumerations: Readonly<Record<string, readonly string[]>> = {
  UserType: [
    "Unknown",
    "InternalAssociate",
    "ResourceAssociate",
    "ExternalAssociate",
    "AnonymousAssociate",
    "SystemAssociate",
  ],
  AddressType: [
    "Unknown",
    "ContactPostalAddress",
    "ContactStreetAddress",
    "PersonPrivateAddress",
    "QuoteBillingAddress",
    "QuoteShippingAddress",
  ],
};

const listItem = "int Id, string Value, string Tooltip";

/** `type Name`, with `+` before what only the JSON has. */
const written: Readonly<Record<string, string>> = {
  ContactEntity:
    `int ContactId, string Name, string Department, string OrgNr, string Number1, string Number2,
    dateTime UpdatedDate, dateTime CreatedDate, EntityElement[] Emails,
    SelectableMDOListItem[] Interests, EntityElement[] Urls, EntityElement[] Phones,
    EntityElement[] Faxes, string Description, Associate UpdatedBy, Associate CreatedBy,
    Associate Associate, Business Business, Category Category, Country Country, Person[] Persons,
    boolean NoMailing, string Kananame, boolean Xstop, int ActiveInterests, int GroupId,
    int ActiveStatusMonitorId, Associate SupportAssociate, TicketPriority TicketPriority,
    CustomerLanguage CustomerLanguage, short Deleted, int DbiAgentId, dateTime DbiLastSyncronized,
    string DbiKey, dateTime DbiLastModified, Person SupportPerson, Address Address, short Source,
    int ActiveErpLinks, string[] BounceEmails, string[] Domains,
    +SavedUtmParameters UtmParameters, Dictionary UserDefinedFields, Dictionary ExtraFields,
    Dictionary CustomFields`,
  EntityElement: "string Value, string StrippedValue, string Description",
  SelectableMDOListItem: `int Id, string Name, string ToolTip, boolean Deleted, int Rank,
    string Type, int ColorBlock, string IconHint, boolean Selected, dateTime LastChanged,
    SelectableMDOListItem[] ChildItems, string ExtraInfo, string StyleHint, boolean Hidden,
    string FullName`,
  Associate: `int AssociateId, string Name, int PersonId, short Rank, string Tooltip,
    UserType Type, int GroupIdx, string FullName, string FormalName, boolean Deleted,
    int EjUserId, string UserName, +Dictionary ExtraFields, +Dictionary CustomFields`,
  Business: listItem,
  Category: `${listItem}, +string CategoryGroup, +boolean EnableLeadStatus, +short Rank,
    +boolean Deleted`,
  Country: `int CountryId, string Name, int CurrencyId, string EnglishName,
    string TwoLetterISOCountry, string ThreeLetterISOCountry, string ImageDescription,
    string OrgNrText, string InterAreaPrefix, string DialInPrefix, string ZipPrefix,
    string DomainName, int AddressLayoutId, int DomesticAddressLayoutId,
    int ForeignAddressLayoutId, short Rank, string Tooltip, boolean Deleted`,
  Person: `string Position, int PersonId, string Mrmrs, string Firstname, string Lastname,
    string MiddleName, string Title, string Description, string Email, string FullName,
    string DirectPhone, string FormalName, int CountryId, int ContactId, string ContactName,
    short Retired, short Rank, short ActiveInterests, string ContactDepartment,
    int ContactCountryId, string ContactOrgNr, string FaxPhone, string MobilePhone,
    string ContactPhone, string AssociateName, int AssociateId, boolean UsePersonAddress,
    string ContactFax, string Kanafname, string Kanalname, string Post1, string Post2,
    string Post3, string EmailName, string ContactFullName, int ActiveErpLinks,
    int TicketPriorityId, int SupportLanguageId, int SupportAssociateId, string CategoryName,
    +string PersonNumber`,
  TicketPriority: listItem,
  CustomerLanguage: listItem,
  Address: `double Wgs84Latitude, double Wgs84Longitude, LocalizedField[][] LocalizedAddress,
    StructuredAddress Street, StructuredAddress Postal, string Formatted`,
  LocalizedField: `string Name, string Value, string Tooltip, string Label, int ValueLength,
    string AddressType`,
  StructuredAddress: `AddressType AtypeIdx, string Address1, string Address2, string Address3,
    string City, string County, string State, string Zipcode, string Formatted`,
  SavedUtmParameters: `string FormName, string FirsttouchSource, string FirsttouchMedium,
    string FirsttouchCampaign, string FirsttouchTerm, string FirsttouchContent,
    string FirsttouchReferrerDomain, string Source, string Medium, string Campaign, string Term,
    string Content, string ReferrerDomain`,
};

/** Every contract by its name. */
export const contracts: ReadonlyMap<string, DataContract> = new Map(
  Object.entries(written).map(([name, members]) => [name, {
    isCarrier: name !== "StructuredAddress",
    members: members.split(",").map((member) => readMember(member.trim())),
  }]),
);

/** Members of the contract of that name. Throws when there is none. */
export function membersOf(contract: string): readonly Member[] {
  const found = contracts.get(contract);
  if (!found) throw new Error(`Cannot find data contract ${contract}: unknown`);
  return found.members;
}

/** The type of a list's items; undefined when the type is no list. */
export function itemTypeOf(type: MemberType): MemberType | undefined {
  return type.endsWith("[]") ? type.slice(0, -2) : undefined;
}

function readMember(text: string): Member {
  const isRestOnly = text.startsWith("+");
  const [type = "", name = ""] = text.slice(isRestOnly ? 1 : 0).split(" ");
  return { name, type, isRestOnly };
}
