/**
 * Which steps wait for the browser, and which run without one.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { pickSteps, QUICK_STEPS } from './steps.mjs';

const names = (steps: { name: string }[]): string[] => steps.map((step) => step.name);

describe('the steps', () => {
  it('see to the browser before every suite that needs one, and let all others run without it', () => {
    const steps = pickSteps();
    const needing = steps.filter((step) => step.needs.includes('browser'));
    expect(names(needing)).toEqual(['browser-suites', 'e2e']);
    expect(names(steps).indexOf('browser')).toBeLessThan(names(steps).indexOf('browser-suites'));
  });

  it('that are picked bring the browser along where they need it', () => {
    expect(names(pickSteps(['e2e']))).toEqual(['browser', 'e2e']);
    expect(names(pickSteps(['unit']))).toEqual(['unit']);
  });

  it('for work at the desk need no build and no browser', () => {
    expect(names(QUICK_STEPS)).toEqual(['format', 'types', 'architecture', 'lint', 'unit']);
    expect(QUICK_STEPS.flatMap((step) => step.needs)).toEqual([]);
  });
});
