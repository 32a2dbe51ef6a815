/**
 * The stored form of a signed offer, JSON text: workers get the offer with the job's package and verify it.
 * @module
 */
import type { WireOffer } from '../../../protocol/messages/messages.js';
import type { Codec } from './column.js';

export const OFFER_CODEC: Codec<WireOffer> = {
  encode(offer) {
    const plain = { ...offer, pricePerSlice: String(offer.pricePerSlice), ceiling: String(offer.ceiling) };
    return new TextEncoder().encode(JSON.stringify(plain));
  },
  decode(stored) {
    const plain = JSON.parse(new TextDecoder().decode(stored as Uint8Array)) as WireOffer & {
      pricePerSlice: string;
      ceiling: string;
    };
    return { ...plain, pricePerSlice: BigInt(plain.pricePerSlice), ceiling: BigInt(plain.ceiling) };
  },
};
