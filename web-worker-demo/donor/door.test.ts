import { describe, expect, it } from 'vitest';
import { isStricter } from './door.js';

const open = { askBeforeNewOwner: false, admittedOwners: [] };
const asking = (...admittedOwners: string[]) => ({ askBeforeNewOwner: true, admittedOwners });

describe('isStricter', () => {
  it.each([
    ['switched on', open, asking(), true],
    ['switched on, with owners known from before', open, asking('a'), true],
    ['an owner forgotten', asking('a', 'b'), asking('b'), true],
    ['an owner let in', asking('a'), asking('a', 'b'), false],
    ['switched off', asking('a'), open, false],
    ['forgotten while nobody is asked about', { ...open, admittedOwners: ['a'] }, open, false],
    ['nothing', asking('a'), asking('a'), false],
  ])('%s: from %j to %j is %j', (_what, before, after, expected) => {
    expect(isStricter(before, after)).toBe(expected);
  });
});
