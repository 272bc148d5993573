/**
 * The description of a tenant's `Contact.svc`, by the names of the published Services88 contract: the
 * two operations that create a company, and every contract they reach. Like the exchange's, its
 * `soap:address` is where the service really is.
 */
import { arraysNamespace, schemaNameOf } from "./carrier_xml.ts";
import { contracts, enumerations, itemTypeOf, type Member, type MemberType } from "./carriers.ts";

export const netServerNamespace = "http://www.superoffice.net/ws/crm/NetServer/Services88";

const operations = ["CreateDefaultContactEntity", "SaveContactEntity"];
const requestHeaders = ["ApplicationToken", "Credentials", "TimeZone"];
const responseHeaders = ["ExceptionInfo", "ExtraInfo", "Succeeded", "TimeZone"];

/** The WSDL for the tenant at `endpoint`, which has no trailing slash. */
export function contactWsdl(endpoint: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions name="WcfContactService" targetNamespace="${netServerNamespace}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl"
    xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:arrays="${arraysNamespace}"
    xmlns:tns="${netServerNamespace}">
  <wsdl:types>
${schema()}
${arraysSchema}
  </wsdl:types>
${operations.map(messages).join("\n")}
  <wsdl:portType name="Contact">
${operations.map(portOperation).join("\n")}
  </wsdl:portType>
  <wsdl:binding name="BasicHttpBinding_Contact" type="tns:Contact">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
${operations.map(boundOperation).join("\n")}
  </wsdl:binding>
  <wsdl:service name="WcfContactService">
    <wsdl:port name="BasicHttpBinding_Contact" binding="tns:BasicHttpBinding_Contact">
      <soap:address location="${endpoint}/Remote/Services88/Contact.svc"/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>
`;
}

function schema(): string {
  const simple = Object.entries(enumerations).map(([name, values]) =>
    `<xs:simpleType name="${name}"><xs:restriction base="xs:string">` +
    values.map((value) => `<xs:enumeration value="${value}"/>`).join("") +
    "</xs:restriction></xs:simpleType>"
  );
  const own = [...contracts].filter(([name]) => name !== "SavedUtmParameters");
  const complex = own.map(([name, { isCarrier, members }]) => {
    const sequence = sequenceOf(members);
    return isCarrier
      ? `<xs:complexType name="${name}"><xs:complexContent mixed="false">` +
        `<xs:extension base="tns:Carrier">${sequence}</xs:extension>` +
        "</xs:complexContent></xs:complexType>"
      : `<xs:complexType name="${name}">${sequence}</xs:complexType>`;
  });
  return `<xs:schema elementFormDefault="qualified" targetNamespace="${netServerNamespace}">
<xs:import namespace="${arraysNamespace}"/>
${fixedTypes}
${[...simple, ...complex, ...listTypes()].join("\n")}
</xs:schema>`;
}

function sequenceOf(members: readonly Member[]): string {
  const elements = members.filter(({ isRestOnly }) => !isRestOnly)
    .map(({ name, type }) => memberElement(name, type));
  return `<xs:sequence>${elements.join("")}</xs:sequence>`;
}

const notNillable = new Set(["int", "short", "double", "boolean", "dateTime"]);

function memberElement(name: string, type: MemberType): string {
  const isValue = notNillable.has(type) || Object.hasOwn(enumerations, type);
  const nillable = isValue ? "" : ' nillable="true"';
  return `<xs:element minOccurs="0" name="${name}"${nillable} type="${schemaTypeOf(type)}"/>`;
}

function schemaTypeOf(type: MemberType): string {
  if (type === "string[]") return "arrays:ArrayOfstring";
  return `${notNillable.has(type) || type === "string" ? "xs" : "tns"}:${schemaNameOf(type)}`;
}

/** A type for each list that a member has, and for lists inside lists. */
function listTypes(): string[] {
  const lists = new Set<MemberType>();
  const add = (type: MemberType) => {
    const item = itemTypeOf(type);
    if (item === undefined || item === "string") return;
    lists.add(type);
    add(item);
  };
  for (const { members } of contracts.values()) members.forEach(({ type }) => add(type));
  return [...lists].map((list) => {
    const item = schemaNameOf(itemTypeOf(list) ?? "");
    return `<xs:complexType name="${schemaNameOf(list)}"><xs:sequence>` +
      `<xs:element minOccurs="0" maxOccurs="unbounded" name="${item}" nillable="true" ` +
      `type="tns:${item}"/></xs:sequence></xs:complexType>`;
  });
}

function dictionaryType(name: string, pair: string): string {
  return `<xs:complexType name="${name}"><xs:sequence>` +
    `<xs:element minOccurs="0" maxOccurs="unbounded" name="${pair}"><xs:complexType><xs:sequence>` +
    '<xs:element name="Key" nillable="true" type="xs:string"/>' +
    '<xs:element name="Value" nillable="true" type="xs:string"/>' +
    "</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType>";
}

function wrapper(name: string, member: string): string {
  return `<xs:element name="${name}"><xs:complexType><xs:sequence>${member}` +
    "</xs:sequence></xs:complexType></xs:element>";
}

const entity = "ContactEntity";

/** Messages and headers. The rights of a carrier are always nil here, so their inside is left open. */
const fixedTypes = [
  wrapper("CreateDefaultContactEntity", ""),
  wrapper("CreateDefaultContactEntityResponse", memberElement("Response", entity)),
  wrapper("SaveContactEntity", memberElement(entity, entity)),
  wrapper("SaveContactEntityResponse", memberElement("Response", entity)),
  '<xs:element name="ApplicationToken" nillable="true" type="xs:string"/>',
  '<xs:element name="Credentials" nillable="true" type="tns:SoCredentials"/>',
  '<xs:element name="TimeZone" nillable="true" type="tns:SoTimeZone"/>',
  '<xs:element name="ExceptionInfo" nillable="true" type="tns:SoExceptionInfo"/>',
  '<xs:element name="ExtraInfo" nillable="true" type="tns:SoExtraInfo"/>',
  '<xs:element name="Succeeded" type="xs:boolean"/>',
  complexType("SoCredentials", memberElement("Ticket", "string")),
  complexType(
    "SoTimeZone",
    memberElement("SoTimeZoneId", "int") + memberElement("SoTimeZoneLocationCode", "string"),
  ),
  complexType(
    "SoExceptionInfo",
    ["Message", "StackTrace", "FriendlyText", "ExceptionType", "Source"]
      .map((name) => memberElement(name, "string")).join("") +
      memberElement("InnerException", "SoExceptionInfo") +
      memberElement("Parameters", "SoExceptionInfoParameters"),
  ),
  dictionaryType("SoExceptionInfoParameters", "SoExceptionInfoParametersKeyValuePair"),
  dictionaryType("SoExtraInfo", "ExtraInfoNameValuePair"),
  dictionaryType("StringDictionary", "StringKeyValuePair"),
  complexType(
    "Carrier",
    '<xs:element minOccurs="0" name="TableRight" nillable="true" type="xs:anyType"/>' +
      '<xs:element minOccurs="0" name="FieldProperties" nillable="true" type="xs:anyType"/>',
  ),
].join("\n");

function complexType(name: string, members: string): string {
  return `<xs:complexType name="${name}"><xs:sequence>${members}</xs:sequence></xs:complexType>`;
}

const arraysSchema =
  `<xs:schema elementFormDefault="qualified" targetNamespace="${arraysNamespace}">
<xs:complexType name="ArrayOfstring"><xs:sequence>
<xs:element minOccurs="0" maxOccurs="unbounded" name="string" nillable="true" type="xs:string"/>
</xs:sequence></xs:complexType>
</xs:schema>`;

function messages(operation: string): string {
  const message = (name: string, parts: string) =>
    `<wsdl:message name="${operation}${name}">${parts}</wsdl:message>`;
  const part = (name: string, of = name) => `<wsdl:part name="${name}" element="tns:${of}"/>`;
  const headers = (names: readonly string[]) => names.map((name) => part(name)).join("");
  return [
    message("Request", part("parameters", operation)),
    message("Request_Headers", headers(requestHeaders)),
    message("Response", part("parameters", `${operation}Response`)),
    message("Response_Headers", headers(responseHeaders)),
  ].join("\n");
}

function portOperation(operation: string): string {
  const action = `${netServerNamespace}/Contact/${operation}`;
  const end = (tag: string, name: string, of: string) =>
    `<wsdl:${tag} wsaw:Action="${of}" name="${name}" message="tns:${name}"/>`;
  return `<wsdl:operation name="${operation}">
${end("input", `${operation}Request`, action)}
${end("output", `${operation}Response`, `${action}Response`)}
</wsdl:operation>`;
}

function boundOperation(operation: string): string {
  const end = (tag: string, name: string, headers: readonly string[]) => {
    const parts = headers.map((part) =>
      `<soap:header message="tns:${name}_Headers" part="${part}" use="literal"/>`
    );
    return `<wsdl:${tag} name="${name}">${parts.join("")}<soap:body use="literal"/></wsdl:${tag}>`;
  };
  return `<wsdl:operation name="${operation}">
<soap:operation soapAction="${netServerNamespace}/Contact/${operation}" style="document"/>
${end("input", `${operation}Request`, requestHeaders)}
${end("output", `${operation}Response`, responseHeaders)}
</wsdl:operation>`;
}
