/**
 * Encodes a signed offer as JSON text for its column, and decodes it: workers get it with the job's package and verify it.
 * @module
 */
import type { WireOffer } from '../../../protocol/messages/messages.js';

export function encodeOffer(offer: WireOffer): Uint8Array {
  const plain = { ...offer, pricePerSlice: String(offer.pricePerSlice), ceiling: String(offer.ceiling) };
  return new TextEncoder().encode(JSON.stringify(plain));
}

export function decodeOffer(bytes: Uint8Array): WireOffer {
  const plain = JSON.parse(new TextDecoder().decode(bytes)) as WireOffer & {
    pricePerSlice: string;
    ceiling: string;
  };
  return { ...plain, pricePerSlice: BigInt(plain.pricePerSlice), ceiling: BigInt(plain.ceiling) };
}
