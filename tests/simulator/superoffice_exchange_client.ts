/** What the tests of the exchange share: a right request in parts, sent through either of its doors. */
import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import { XMLParser } from "fast-xml-parser";
import { appPrivateKey, noon, signToken, type Stage } from "./superoffice_client.ts";

/** Both doors of the exchange. */
export const doors = ["rest", "soap"] as const;
export type Door = (typeof doors)[number];

/** What a right request is made of. */
export interface Parts {
  readonly secret: string | null;
  readonly ctx: string | null;
  readonly token: string;
  readonly at: number;
  readonly key: KeyObject;
  /** Instead of the token signed with the key; null, here as above: the member is left out. */
  readonly signed?: string | null;
  /** Behind the signed token. */
  readonly tail: string;
  readonly type: string;
}

/** The answer, and what the log says of it. */
export interface Outcome {
  readonly verdict: string;
  readonly code: number | null;
  readonly name: string | null;
  readonly status: number;
  readonly issued: boolean;
  readonly token: string;
  readonly message: string;
}

const namespace = "http://www.superoffice.com/superid/partnersystemuser/0.1";

/** Sends the request and reads the answer, then what the log says of it. */
export async function ask(stage: Stage, door: Door, parts: Parts): Promise<Outcome> {
  const { token: text, at, key, secret, ctx, type, tail } = parts;
  const { signed = signToken(text, { at, key }) + tail } = parts;
  const post = door === "rest" ? postRest : postSoap;
  const { status, ...answer } = await post(stage, { secret, ctx, signed, type });
  const { exchanges } = await (await fetch(`${stage.url}/_control/exchanges`)).json();
  const { verdict, authorize_error_code: code, authorize_error_name: name, ...last } = exchanges.at(
    -1,
  );
  assert.deepEqual([last.door, last.status], [door, status]);
  return { verdict, code, name, status, ...answer };
}

type Sent = Readonly<Record<"secret" | "ctx" | "signed", string | null> & { type: string }>;

async function postRest(stage: Stage, { secret, ctx, signed, type }: Sent) {
  const response = await fetch(`${stage.url}/Login/api/PartnerSystemUser/Authenticate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...(secret === null ? {} : { ApplicationToken: secret }),
      ...(ctx === null ? {} : { ContextIdentifier: ctx }),
      ...(signed === null ? {} : { SignedSystemToken: signed }),
      ReturnTokenType: type,
    }),
  });
  const { IsSuccessful: issued, Token, ErrorMessage } = await response.json();
  return { status: response.status, issued, token: Token ?? "", message: ErrorMessage ?? "" };
}

async function postSoap(stage: Stage, { secret, ctx, signed, type }: Sent) {
  const element = (name: string, value: string | null) =>
    value === null ? "" : `<${name}>${value}</${name}>`;
  const returnType = type === "JWT" ? "Jwt" : "Saml";
  const response = await fetch(`${stage.url}/login/services/PartnerSystemUserService.svc`, {
    method: "POST",
    headers: {
      "content-type": "text/xml;charset=UTF-8",
      "soapaction": `"${namespace}/IPartnerSystemUserService/Authenticate"`,
    },
    body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="${namespace}">
      <s:Header>${element("ApplicationToken", secret)}${
      element("ContextIdentifier", ctx)
    }</s:Header>
      <s:Body><AuthenticationRequest>${element("SignedSystemToken", signed)}
        <ReturnTokenType>${returnType}</ReturnTokenType></AuthenticationRequest></s:Body>
    </s:Envelope>`,
  });
  const parser = new XMLParser({ parseTagValue: false, removeNSPrefix: true });
  const { Envelope } = parser.parse(await response.text());
  const { IsSuccessful, Token, ErrorMessage } = Envelope.Body.AuthenticationResponse;
  const text = (value: unknown) => typeof value === "string" ? value : "";
  const [token, message] = [text(Token), text(ErrorMessage)];
  return { status: response.status, issued: IsSuccessful === "true", token, message };
}

/** A new tenant that has consented, and its right request. */
export function rightParts(stage: Stage): Parts {
  const { contextIdentifier: ctx } = stage.control.addTenant();
  const { system_user_token: token } = stage.control.approve(ctx);
  const { clientSecret: secret } = stage;
  return { secret, ctx, token, at: noon, key: appPrivateKey(), tail: "", type: "JWT" };
}
