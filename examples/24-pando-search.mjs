// As in Pando's example of proof of work: ranges of numbers are tried by all workers until one has the hash that is looked for.
import { computeFor, init } from 'manyhands';

init({ local: true });
const search = computeFor(
  { start: 0, end: 999_999, group: 1000 },
  async (nonces, block) => {
    for (const nonce of nonces) {
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(block + nonce));
      if (new DataView(hash).getUint16(0) < 32) return { nonce, start: new DataView(hash).getUint16(0) };
    }
  },
  ['a block'],
);
const found = await search.until((result) => result !== undefined);
console.log(`its hash begins with a number below 32: ${found.start < 32}`);
