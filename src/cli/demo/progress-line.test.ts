import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duration, progressLine } from './progress-line.js';

const half = { done: 300, total: 600, workers: 2, elapsedMs: 2_000 };

describe('progressLine', () => {
  it('shows all parts if there is room', () => {
    expect(progressLine('Mandelbrot (JavaScript)', half, 120)).toBe(
      'Mandelbrot (JavaScript)  ████████████░░░░░░░░░░░░  300/600 slices    150/s  2 workers  2.0 s left',
    );
  });

  it('shortens the bar, then the title, then leaves parts out on a narrower terminal', () => {
    const at = (columns: number): string => progressLine('Mandelbrot (JavaScript)', half, columns);
    expect(at(99)).toMatch(/^Mandelbrot \(JavaScript\) {2}[█░]{20} {2}300\/600 slices/);
    expect(at(79)).toMatch(
      /^Mandelbrot {2}[█░]{13} {2}300\/600 slices {4}150\/s {2}2 workers {2}2\.0 s left$/,
    );
    expect(at(59)).toMatch(/^Mandelbrot {2}[█░]{11} {2}300\/600 {4}150\/s {2}2\.0 s left$/);
    expect(at(20)).toBe('Mandelbrot  300/600');
  });

  it('shows the total time only at the end', () => {
    expect(progressLine('Words', { ...half, done: 600 }, 120)).toMatch(/ █{24} .* {2}in 2\.0 s$/);
    expect(progressLine('Words', { ...half, done: 599 }, 120)).toMatch(/ █{23}░ .* left$/);
  });

  it('does not estimate the remaining time before the first result', () => {
    expect(progressLine('Words', { done: 0, total: 10, workers: 0, elapsedMs: 900 }, 120)).toMatch(
      /^Words {20}░{24} {3}0\/10 slices {4}0\.0\/s {2}0 workers {2}starting$/,
    );
  });

  it('keeps the position of each part during a job', () => {
    const lines = [1, 99, 100, 599].map((done) => progressLine('Words', { ...half, done }, 79));
    expect(new Set(lines.map((line) => line.indexOf('2 workers'))).size).toBe(1);
  });

  it('is never wider than the terminal', () => {
    const progress = fc.record({
      done: fc.nat(1e9),
      total: fc.nat(1e9),
      workers: fc.nat(1e4),
      elapsedMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.string(), progress, fc.integer({ min: 1, max: 200 }), (title, some, columns) => {
        const line = progressLine(title, { ...some, done: Math.min(some.done, some.total) }, columns);
        expect(line.length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

it.each([
  [0, '0.0 s'],
  [4_249, '4.2 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min 0 s'],
  [119_700, '2 min 0 s'],
  [185_000, '3 min 5 s'],
])('a duration of %d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
