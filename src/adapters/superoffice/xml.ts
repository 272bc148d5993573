/**
 * Reads XML by namespace and local name; prefixes and positions mean nothing. Refuses a document
 * type declaration, and with it every entity but the five predefined ones and character numbers.
 */

import { XMLParser, XMLValidator } from "fast-xml-parser";

export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  /** Text directly inside, untrimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** @returns the root element, or null unless the text is well-formed and free of a DOCTYPE */
export function parseXml(text: string): XmlElement | null {
  // The parser would read a DOCTYPE's entities; nothing SuperOffice sends has any use for one.
  if (/<!(?!--|\[CDATA\[)/.test(text)) return null;
  try {
    if (XMLValidator.validate(text) !== true) return null;
    const nodes: unknown = createParser().parse(text);
    const elements = Array.isArray(nodes) ? nodes.filter(isElementNode) : [];
    const [root] = elements;
    return root !== undefined && elements.length === 1 ? readElement(root, NO_SCOPE) : null;
  } catch {
    return null;
  }
}

/** @returns the only child of that name, or null if there is none or more than one */
export function onlyChild(
  parent: XmlElement | null,
  namespace: string,
  name: string,
): XmlElement | null {
  const found =
    parent?.children.filter((child) => child.namespace === namespace && child.name === name) ?? [];
  return found.length === 1 ? found[0]! : null;
}

/** @returns the text with everything escaped that means something in XML content */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&apos;");
}

function createParser(): XMLParser {
  return new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: ATTRIBUTE,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: 32,
  });
}

/** What the ordered parser gives: `{tag: nodes, ":@": attributes}`, or `{"#text": text}`. */
type Node = Readonly<Record<string, unknown>>;

const TEXT = "#text";
const ATTRIBUTES = ":@";
const ATTRIBUTE = "@_";

/** Prefix to namespace; the empty prefix is the default namespace. */
type Scope = ReadonlyMap<string, string>;
const NO_SCOPE: Scope = new Map();

function isElementNode(node: Node): boolean {
  return tagOf(node) !== null;
}

function tagOf(node: Node): string | null {
  return Object.keys(node).find((key) => key !== TEXT && key !== ATTRIBUTES) ?? null;
}

/** A prefix that is bound to nothing gives no namespace, and nobody asks for elements without one. */
function readElement(node: Node, outer: Scope): XmlElement {
  const tag = tagOf(node)!;
  const scope = extendScope(outer, node[ATTRIBUTES] as Node | undefined);
  const colon = tag.indexOf(":");
  const nodes = node[tag] as readonly Node[];
  return {
    namespace: scope.get(colon < 0 ? "" : tag.slice(0, colon)) ?? "",
    name: tag.slice(colon + 1),
    text: nodes.map((child) => typeof child[TEXT] === "string" ? child[TEXT] : "").join(""),
    children: nodes.filter(isElementNode).map((child) => readElement(child, scope)),
  };
}

function extendScope(outer: Scope, attributes: Node | undefined): Scope {
  const declared = Object.entries(attributes ?? {}).flatMap(([name, value]) => {
    const match = /^@_xmlns(?::(.+))?$/.exec(name);
    return match === null ? [] : [[match[1] ?? "", String(value)] as const];
  });
  return declared.length === 0 ? outer : new Map([...outer, ...declared]);
}
