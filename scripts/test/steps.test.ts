/**
 * Which steps wait for the browser, and which run without one.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { pickSteps, QUICK_STEPS } from './steps.mjs';

const names = (steps: { name: string }[]): string[] => steps.map((step) => step.name);

describe('the steps', () => {
  it('ensure the browser before every suite that needs one, and no other suite depends on it', () => {
    const steps = pickSteps();
    const needing = steps.filter((step) => step.needs.includes('browser'));
    expect(names(needing)).toEqual(['browser-suites', 'e2e']);
    expect(names(steps).indexOf('browser')).toBeLessThan(names(steps).indexOf('browser-suites'));
  });

  it('include the browser step when a selected suite needs it', () => {
    expect(names(pickSteps(['e2e']))).toEqual(['browser', 'e2e']);
    expect(names(pickSteps(['unit']))).toEqual(['unit']);
  });

  it('that take long run only with the deep tests, or by their name', () => {
    expect(names(pickSteps())).not.toContain('mutation');
    expect(names(pickSteps(undefined, true)).at(-1)).toBe('mutation');
    expect(names(pickSteps(['mutation']))).toEqual(['mutation']);
  });

  it('of the quick selection need neither a build nor a browser', () => {
    expect(names(QUICK_STEPS)).toEqual(['format', 'types', 'declarations', 'architecture', 'lint', 'unit']);
    expect(QUICK_STEPS.flatMap((step) => step.needs)).toEqual([]);
  });
});
