import { describe, expect, it } from 'vitest';
import { unknownWorktime } from './unknown-worktime.js';

const KNOWN = [
  { name: 'map-basic', version: '1.0.0' },
  { name: 'pyodide', version: '314.0.7' },
];
const CHOICE = 'choose one of map-basic 1.0.0, pyodide 314.0.7';

describe('the error for an unknown worktime', () => {
  it.each([
    ['python', '*', `this scheduler has no worktime python: ${CHOICE}. Did you mean pyodide?`],
    ['pyodide', '^1.0.0', `this scheduler has no worktime pyodide ^1.0.0: ${CHOICE}`],
    ['cobol', '*', `this scheduler has no worktime cobol: ${CHOICE}`],
    ['wasi', '*', `this scheduler has no worktime wasi: ${CHOICE}`],
  ])('of %s %s says what there is, and which of it may be meant', (name, range, message) => {
    expect(unknownWorktime(name, range, KNOWN)).toMatchObject({ code: 'WORKTIME_UNKNOWN', message });
  });
});
