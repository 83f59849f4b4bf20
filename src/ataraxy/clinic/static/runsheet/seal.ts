/**
 * Encryption to an author's public key: ephemeral ECDH on P-256, HKDF-SHA-256, AES-256-GCM.
 *
 * The private key stays on the server, so that a lost tablet holds nothing that can be read.
 */
import type { Sealed } from "./entry.js";

const CURVE: EcKeyImportParams & EcKeyGenParams = { name: "ECDH", namedCurve: "P-256" };
const text = new TextEncoder();

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function fromBase64(encoded: string): Uint8Array<ArrayBuffer> {
  const binary = atob(encoded);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export async function seal(publicKey: string, plaintext: string, context: string): Promise<Sealed> {
  const theirs = await crypto.subtle.importKey("raw", fromBase64(publicKey), CURVE, false, []);
  const ours = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey));
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: point, info: text.encode(context) },
    secret,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: text.encode(context) },
    key,
    text.encode(plaintext),
  );
  return { v: 1, epk: toBase64(point), iv: toBase64(iv), ct: toBase64(new Uint8Array(sealed)) };
}
