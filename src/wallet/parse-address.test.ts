import { getAddress } from 'ethers/address';
import { describe, expect, it } from 'vitest';
import { parseAddress } from './parse-address.js';

const LOWER = '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed';

describe('parseAddress', () => {
  it.each([
    ['small letters', LOWER],
    ['capitals alone', `0x${LOWER.slice(2).toUpperCase()}`],
    ['a right checksum', getAddress(LOWER)],
    ['no prefix', LOWER.slice(2)],
    ['spaces around it', `  ${LOWER} `],
    ['a checksum without a prefix', getAddress(LOWER).slice(2)],
  ])('accepts %s', (_what, text) => {
    expect(parseAddress(text)).toBe(LOWER);
  });

  it('rejects a wrong checksum with a message about it', () => {
    const right = getAddress(LOWER);
    for (let i = 2; i < right.length; i++) {
      const letter = right[i]!;
      const other = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
      if (other === letter) continue;
      const typo = right.slice(0, i) + other + right.slice(i + 1);
      expect(() => parseAddress(typo), typo).toThrow(/checksum/);
    }
  });

  it.each(['', '0x', 'abc', `${LOWER}0`, LOWER.replace('a', 'g')])('rejects %j', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'ADDRESS_MALFORMED' }));
  });
});
