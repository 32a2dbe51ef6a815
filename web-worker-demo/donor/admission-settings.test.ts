import { describe, expect, it } from 'vitest';
import { admissionChanged } from './admission-settings.js';

const none = { admittedOwners: [], blockedOwners: [] };
const open = { askBeforeNewOwner: false, ...none };
const asking = (...admittedOwners: string[]) => ({ askBeforeNewOwner: true, ...none, admittedOwners });

describe('admissionChanged', () => {
  it.each([
    ['switched on', open, asking(), true],
    ['an owner forgotten', asking('a', 'b'), asking('b'), true],
    ['an owner let in, perhaps after the worker took no for an answer', asking('a'), asking('a', 'b'), true],
    ['switched off', asking('a'), open, true],
    ['an owner unblocked', { ...open, blockedOwners: ['a'] }, open, true],
    ['an owner blocked', open, { ...open, blockedOwners: ['a'] }, false],
    ['forgotten while nobody is asked about', { ...open, admittedOwners: ['a'] }, open, false],
    ['nothing', asking('a'), asking('a'), false],
  ])('%s: from %j to %j is %j', (_what, before, after, expected) => {
    expect(admissionChanged(before, after)).toBe(expected);
  });
});
