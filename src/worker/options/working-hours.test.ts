import { expect, it } from 'vitest';
import { formatHours, isWithin, parseHours } from './working-hours.js';

it.each([
  ['22-7', '22:00-07:00'],
  ['22:30 - 07:05', '22:30-07:05'],
  ['0-24', undefined],
  ['9-9', undefined],
  ['9-24', '09:00-00:00'],
  ['9-24:30', undefined],
  ['25-7', undefined],
  ['9:60-10', undefined],
  ['9', undefined],
  ['', undefined],
])('the parser of working hours reads the hours "%s" as %s', (text, wanted) => {
  const hours = parseHours(text);
  expect(hours && formatHours(hours)).toBe(wanted);
});

it.each([
  ['22-7', 21, false],
  ['22-7', 22, true],
  ['22-7', 0, true],
  ['22-7', 7, false],
  ['9-17', 8, false],
  ['9-17', 16, true],
  ['9-17', 17, false],
])('of %s, %i o’clock is within: %s', (text, hour, within) => {
  expect(isWithin(parseHours(text)!, new Date(2026, 5, 1, hour))).toBe(within);
});
