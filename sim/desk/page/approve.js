// What the owner signs in the owner's own browser, answers and cancels: the key file and its
// passphrase never leave it. No libraries; agent/wire/wire.cddl says the bytes (question,
// approval-document, cancel-document).
// Runs in browsers (https, or this machine) and, for the tests, in Node.

const subtle = globalThis.crypto?.subtle;
const text = new TextEncoder();

// ---- what is signed: deterministic CBOR ---------------------------------------------------------

function join(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function head(major, count) {
  if (!Number.isSafeInteger(count) || count < 0) throw new Error(`${count} is no whole number`);
  const first = major << 5;
  if (count < 24) return Uint8Array.of(first | count);
  for (const [mark, size] of [[24, 1], [25, 2], [26, 4], [27, 8]]) {
    if (count >= 2 ** (8 * size)) continue;
    const bytes = new Uint8Array(1 + size);
    bytes[0] = first | mark;
    for (let place = size, rest = count; place > 0; place--, rest = Math.floor(rest / 256)) {
      bytes[place] = rest % 256;
    }
    return bytes;
  }
  throw new Error(`${count} is too large`);
}

// Whole numbers, true and false, text, bytes, lists, and Maps in the order of their keys.
export function encode(value) {
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (typeof value === "number") return head(0, value);
  if (typeof value === "string") {
    const bytes = text.encode(value);
    return join([head(3, bytes.length), bytes]);
  }
  if (value instanceof Uint8Array) return join([head(2, value.length), value]);
  if (Array.isArray(value)) return join([head(4, value.length), ...value.map(encode)]);
  if (value instanceof Map) {
    return join([head(5, value.size), ...[...value].flat().map(encode)]);
  }
  throw new Error(`no form for ${value}`);
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function bytesOf(digits) {
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error("not hexadecimal");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function able() {
  if (!subtle) throw new Error("Browsers sign only over https or on this machine.");
}

async function sha256(bytes) {
  return new Uint8Array(await subtle.digest("SHA-256", bytes));
}

// The terms as the question shows them, by the digest that the thing will compare.
export async function termsOf(question) {
  const { order, seller, sku, pack_units, packs, currency } = question;
  const shown = [bytesOf(order), seller, sku, pack_units, packs, currency];
  return (await sha256(encode(shown))).slice(0, 12);
}

// ---- the key: PKCS#8 in PBES2 (RFC 8018), as `steward owner init` writes it ---------------------

const OIDS = {
  pbes2: "2a864886f70d01050d",
  pbkdf2: "2a864886f70d01050c",
  "2a864886f70d0209": "SHA-256",
  "2a864886f70d020b": "SHA-512",
  "608648016503040102": 128, // AES-CBC, by the bits of its key
  "60864801650304012a": 256,
};
const OTHER = "This file is encrypted in a way that browsers do not open; use the command line.";

// One element of DER: [tag, content, rest].
function element(bytes) {
  let length = bytes[1];
  let at = 2;
  if (length > 0x80 && length <= 0x83) {
    length = 0;
    for (at = 2; at < 2 + (bytes[1] & 0x7f); at++) length = length * 256 + bytes[at];
  } else if (length >= 0x80) throw new Error("not a key file");
  if (bytes.length < at + length) throw new Error("the key file is cut short");
  return [bytes[0], bytes.subarray(at, at + length), bytes.subarray(at + length)];
}

function elements(bytes) {
  const found = [];
  for (let rest = bytes; rest.length > 0; ) {
    const [tag, content, after] = element(rest);
    found.push([tag, content]);
    rest = after;
  }
  return found;
}

function number(bytes) {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function contents(bytes) {
  return elements(bytes).map(([, content]) => content);
}

// What the header of an encrypted key says: how the passphrase becomes a key, and the cipher.
function recipe(header) {
  const [scheme, parameters] = contents(header);
  if (hex(scheme) !== OIDS.pbes2) throw new Error(OTHER);
  const [derivation, cipher] = contents(parameters);
  const [kdf, settings] = contents(derivation);
  if (hex(kdf) !== OIDS.pbkdf2) throw new Error(OTHER);
  const [salt, iterations, ...more] = elements(settings);
  const function_ = more.find(([tag]) => tag === 0x30);
  const hash = function_ ? OIDS[hex(contents(function_[1])[0])] : "SHA-1";
  const [name, iv] = contents(cipher);
  const bits = OIDS[hex(name)];
  if (!hash || !bits) throw new Error(OTHER);
  return { salt: salt[1], iterations: number(iterations[1]), hash, bits, iv };
}

async function decrypted(pem, passphrase) {
  const found = /-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem);
  if (!found) throw new Error("This is not an owner's key file (owner.pem).");
  const der = Uint8Array.from(atob(found[1].replace(/\s/g, "")), (sign) => sign.charCodeAt(0));
  const [header, sealed] = contents(element(der)[1]);
  const { salt, iterations, hash, bits, iv } = recipe(header);
  const secret = await subtle.importKey("raw", text.encode(passphrase), "PBKDF2", false, [
    "deriveKey",
  ]);
  const way = { name: "PBKDF2", salt, iterations, hash };
  const cipher = { name: "AES-CBC", length: bits };
  const key = await subtle.deriveKey(way, secret, cipher, false, ["decrypt"]);
  return new Uint8Array(await subtle.decrypt({ name: "AES-CBC", iv }, key, sealed));
}

// The signing key in a file, and its public half X || Y.
export async function openKey(pem, passphrase) {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  let der;
  let key;
  try {
    der = await decrypted(pem, passphrase);
    key = await subtle.importKey("pkcs8", der, curve, true, ["sign"]);
  } catch (error) {
    // What a wrong passphrase opens is noise, which fails as a cipher or as a key.
    if (error instanceof DOMException) throw new Error("The passphrase does not open this key.");
    throw error;
  } finally {
    der?.fill(0);
  }
  const { x, y } = await subtle.exportKey("jwk", key);
  const decoded = [x, y].map((part) => atob(part.replace(/-/g, "+").replace(/_/g, "/")));
  return { key, publicKey: Uint8Array.from(decoded.join(""), (sign) => sign.charCodeAt(0)) };
}

// ---- the document -------------------------------------------------------------------------------

// COSE_Sign1 (RFC 9052) over content, a Map, by the owner's key; in hexadecimal.
async function sealed(content, pem, passphrase) {
  const payload = encode(content);
  const protected_ = Uint8Array.of(0xa1, 0x01, 0x26); // {1: -7}, ES256
  const signed = encode(["Signature1", protected_, new Uint8Array(0), payload]);
  const { key, publicKey } = await openKey(pem, passphrase);
  const proof = await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, signed);
  const kid = (await sha256(publicKey)).slice(0, 4);
  const parts = [protected_, new Map([[4, kid]]), payload, new Uint8Array(proof)];
  return hex(join([Uint8Array.of(0xd2), encode(parts)]));
}

// The owner's answer to a question.
export async function sign(question, yes, pem, passphrase) {
  able();
  const terms = await termsOf(question);
  if (hex(terms) !== question.terms) {
    throw new Error("The terms shown are not those that the thing asks about; nothing was signed.");
  }
  const answer = new Map([
    [0, "approval"], [1, bytesOf(question.order)], [2, question.thing], [3, terms],
    [4, question.total_minor], [5, yes],
  ]);
  return sealed(answer, pem, passphrase);
}

// The owner's cancel of an order that is placed.
export async function signCancel(thing, order, pem, passphrase) {
  able();
  const cancel = new Map([[0, "cancel"], [1, bytesOf(order)], [2, thing]]);
  return sealed(cancel, pem, passphrase);
}

// What the page calls.
if (typeof window !== "undefined") window.steward = { sign, signCancel };
