/**
 * SOAP 1.1 as the simulated services read and write it: elements by namespace and local name, whatever
 * their prefixes and order. Refuses document type declarations, as .NET's services do.
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";

const soapNamespace = "http://schemas.xmlsoap.org/soap/envelope/";

export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  /** All text directly inside. */
  readonly text: string;
  /** Whether it says `xsi:nil`: the same as not being there. */
  readonly isNil: boolean;
  readonly children: readonly XmlElement[];
}

export interface SoapMessage {
  readonly header: XmlElement | undefined;
  /** The first element in the body. */
  readonly payload: XmlElement | undefined;
}

/** The message, or undefined when the text is no SOAP 1.1 envelope. */
export function readSoap(text: string): SoapMessage | undefined {
  const envelope = readXml(text);
  if (envelope?.name !== "Envelope" || envelope.namespace !== soapNamespace) return undefined;
  const body = childOf(envelope, soapNamespace, "Body");
  if (!body) return undefined;
  return { header: childOf(envelope, soapNamespace, "Header"), payload: body.children[0] };
}

/** The first child of that name. */
export function childOf(
  parent: XmlElement | undefined,
  namespace: string,
  name: string,
): XmlElement | undefined {
  return parent?.children.find((child) => child.name === name && child.namespace === namespace);
}

/** Which operation `SOAPAction` names: quoted or not. */
export function soapAction(header: string | undefined): string {
  return (header ?? "").trim().replace(/^"(.*)"$/, "$1");
}

/** Whether a GET asks for the description: `?wsdl` or `?singleWsdl`, in any case. */
export function isWsdlAsked(url: string): boolean {
  return /^\?(single)?wsdl$/i.test(new URL(url).search);
}

/** An envelope around XML that is already escaped. */
export function envelope(body: string, header = ""): string {
  const head = header === "" ? "" : `<s:Header>${header}</s:Header>`;
  return `<s:Envelope xmlns:s="${soapNamespace}">${head}<s:Body ${instanceNamespaces}>` +
    `${body}</s:Body></s:Envelope>`;
}

/** A fault in WCF's form; goes with status 500. */
export function fault(code: string, text: string): string {
  const wcf = "http://schemas.microsoft.com/ws/2005/05/addressing/none";
  return envelope(
    `<s:Fault><faultcode xmlns:a="${wcf}">a:${code}</faultcode>` +
      `<faultstring xml:lang="en-US">${escapeXml(text)}</faultstring></s:Fault>`,
  );
}

/** One element with text; null: present and nil; undefined: absent. */
export function element(name: string, text: string | number | null | undefined): string {
  if (text === undefined) return "";
  if (text === null) return `<${name} xsi:nil="true"/>`;
  return `<${name}>${escapeXml(String(text))}</${name}>`;
}

const instanceNamespace = "http://www.w3.org/2001/XMLSchema-instance";

const instanceNamespaces = `xmlns:xsi="${instanceNamespace}" ` +
  'xmlns:xsd="http://www.w3.org/2001/XMLSchema"';

export function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

function readXml(text: string): XmlElement | undefined {
  const document = text.replace(/^\uFEFF/, "").trim();
  if (/<!DOCTYPE/i.test(document) || XMLValidator.validate(document) !== true) return undefined;
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    // Character references such as &#43; as well as the five names.
    htmlEntities: true,
  });
  try {
    const nodes: Node[] = parser.parse(document);
    const roots = nodes.filter((node) =>
      !nameOf(node).startsWith("?") && nameOf(node) !== textNode
    );
    return roots.length === 1 && roots[0] ? resolve(roots[0], new Map()) : undefined;
  } catch {
    return undefined;
  }
}

/** What the parser makes of a node: its name with its children, `:@` with its attributes. */
type Node = Readonly<Record<string, unknown>>;

const textNode = "#text";

function nameOf(node: Node): string {
  return Object.keys(node).find((key) => key !== ":@") ?? "";
}

/** Throws on a prefix that is not bound. */
function resolve(node: Node, outer: ReadonlyMap<string, string>): XmlElement {
  const scope = new Map(outer);
  for (const [name, value] of Object.entries(node[":@"] ?? {})) {
    if (name === "xmlns") scope.set("", String(value));
    if (name.startsWith("xmlns:")) scope.set(name.slice(6), String(value));
  }
  const qualified = nameOf(node);
  const [prefix, name] = qualified.includes(":") ? qualified.split(":", 2) : ["", qualified];
  const namespace = scope.get(prefix ?? "");
  if (namespace === undefined && prefix !== "") {
    throw new Error("Cannot read XML: a prefix is not bound");
  }
  const inside = node[qualified] as readonly Node[];
  const nil = isNil(node, scope);
  // A nil element has no content: what stands in it all the same is not read.
  const content = nil ? [] : inside;
  const text = content.filter((child) => nameOf(child) === textNode)
    .map((child) => String(child[textNode])).join("");
  const children = content.filter((child) => nameOf(child) !== textNode)
    .map((child) => resolve(child, scope));
  return { namespace: namespace ?? "", name: name ?? "", text, isNil: nil, children };
}

function isNil(node: Node, scope: ReadonlyMap<string, string>): boolean {
  return Object.entries(node[":@"] ?? {}).some(([name, value]) => {
    const [prefix = "", local] = name.split(":", 2);
    return local === "nil" && scope.get(prefix) === instanceNamespace && /^(true|1)$/.test(value);
  });
}
