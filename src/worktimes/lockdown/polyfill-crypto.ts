/**
 * Polyfills `crypto.subtle.digest` and `crypto.randomUUID`. Browsers expose them in secure contexts only, which a sandbox
 * of opaque origin is not; with the polyfill a job finds the same in every host.
 * @module
 */
import { DIGESTS } from '../../lib/crypto/digests.js';
import { toHex } from '../../lib/crypto/ids.js';
import {
  apply,
  bufferOf,
  bytesOf,
  copyBytes,
  defineProperty,
  DOMException,
  methodOf,
  OwnBytes,
  OwnPromise,
  TypeError,
} from '../realm/captured.js';
import { macrotaskQueue } from '../realm/macrotask-queue.js';

interface Realm {
  crypto?: Crypto;
  Crypto?: { prototype: object };
  SubtleCrypto?: unknown;
}

/** Defines what is missing; does nothing where all is present, or there is no `crypto`. */
export function polyfillCrypto(realm: Realm): void {
  const { crypto } = realm;
  if (crypto === undefined) return;
  const holder = realm.Crypto?.prototype ?? crypto;
  if (typeof crypto.randomUUID !== 'function') {
    const getRandomValues = methodOf(crypto, 'getRandomValues');
    const method = {
      randomUUID: (): string => uuidOf(apply(getRandomValues, crypto, [new OwnBytes(16)]) as Uint8Array),
    };
    defineMethod(holder, 'randomUUID', method.randomUUID);
  }
  if ((crypto as { subtle?: unknown }).subtle !== undefined) return;
  enqueue ??= macrotaskQueue(new MessageChannel());
  const subtle = Object.create(SubtleCrypto.prototype) as SubtleCrypto;
  defineProperty(holder, 'subtle', { get: () => subtle, configurable: true, enumerable: true });
  // A minified script has renamed the class.
  defineProperty(SubtleCrypto, 'name', { value: 'SubtleCrypto', configurable: true });
  defineProperty(realm, 'SubtleCrypto', { value: SubtleCrypto, configurable: true, writable: true });
}

class SubtleCrypto {
  constructor() {
    throw new TypeError('Illegal constructor');
  }

  get [Symbol.toStringTag](): string {
    return 'SubtleCrypto';
  }

  async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    const bytes = copyOf(data);
    const name = typeof algorithm === 'object' && algorithm !== null ? nameOf(algorithm) : algorithm;
    const digest = DIGESTS.get(String(name).toUpperCase());
    if (digest === undefined)
      throw new DOMException(`Algorithm: Unrecognized name: ${String(name)}`, 'NotSupportedError');
    const digested = bufferOf(copyBytes(digest(bytes)));
    await nextTurn();
    return digested;
  }
}

/** Made when the polyfill is installed: afterwards job code may replace the methods and properties of channels. */
let enqueue: ((run: () => void) => void) | undefined;

/** Resolves in a later turn of the event loop, as the platform's digest does, so that timers run in a loop of digests. */
function nextTurn(): Promise<void> {
  return new OwnPromise((resolve) => enqueue!(resolve));
}

function nameOf(algorithm: object): unknown {
  const { name } = algorithm as { name?: unknown };
  if (name === undefined) throw new TypeError('Algorithm: name: Missing or not a string');
  return name;
}

/** Copies the bytes at the call: job code may change them afterwards. */
function copyOf(data: unknown): Uint8Array {
  const bytes = bytesOf(data);
  if (bytes !== undefined) return copyBytes(bytes);
  throw new TypeError('The data to digest must be an ArrayBuffer, a typed array or a DataView');
}

/** A version 4 UUID (RFC 9562) of 16 random bytes. */
function uuidOf(bytes: Uint8Array): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = toHex(bytes);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return parts.join('-');
}

function defineMethod(holder: object, name: string, value: unknown): void {
  defineProperty(holder, name, { value, configurable: true, writable: true, enumerable: true });
}
