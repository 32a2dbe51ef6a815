import { expect, it } from 'vitest';
import { formatExamples } from './help.js';

const LINES = [
  ['manyhands demo', 'two jobs'],
  ['manyhands demo --keep --lan', 'and phones may join'],
] as const;

it('the help text puts the description after the command, in a column', () => {
  expect(formatExamples(LINES, 80)).toBe(
    '\nExamples:\n  $ manyhands demo               # two jobs\n  $ manyhands demo --keep --lan  # and phones may join',
  );
});

it('the help text puts the description above the command if there is no room', () => {
  expect(formatExamples(LINES, 50)).toBe(
    '\nExamples:\n  # two jobs\n  $ manyhands demo\n  # and phones may join\n  $ manyhands demo --keep --lan',
  );
});
