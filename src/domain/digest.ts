/**
 * @returns lower-case hex SHA-256 of a text's UTF-8 bytes, by WebCrypto: for what happens before
 * Node's cryptography is loaded, or must not wait until it is
 */
export async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}
