import { expect, test } from 'vitest';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { logLines, type LogLinesOptions } from './log-lines.js';

function made(options: Partial<LogLinesOptions> = {}) {
  const lines: string[] = [];
  const clock = new VirtualClock();
  return { clock, lines, log: logLines({ clock, write: (line) => lines.push(line), ...options }) };
}

test('a line has its time, its level, its event and its fields', () => {
  const { clock, lines, log } = made();
  log('info', 'deployed', { jobId: 'J1', name: 'my job', price: 10n, owner: undefined, slices: 3 });
  const time = new Date(clock.wallMs()).toISOString();
  expect(lines).toEqual([`${time} info  deployed jobId=J1 name="my job" price=10 slices=3`]);
});

test('a line of JSON has the same fields', () => {
  const { lines, log } = made({ format: 'json' });
  log('warn', 'refused', { reason: 'a "b"', amount: 2n });
  expect(JSON.parse(lines[0]!)).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
    level: 'warn',
    event: 'refused',
    reason: 'a "b"',
    amount: '2',
  });
});

test.each(['text', 'json'] as const)(
  'text of untrusted clients cannot emit control characters or start a line: %s',
  (format) => {
    const { lines, log } = made({ format });
    const evil = 'a\u001b[2J\u009b31m\r\nb\u2028c\u202ed\u0000e';
    log('info', 'deployed', { name: evil, list: [evil], [`key`]: 'x' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u);
    if (format === 'json') expect((JSON.parse(lines[0]!) as { name: string }).name).toBe(evil);
  },
);

test('events below the level are not written', () => {
  const { lines, log } = made({ level: 'warn' });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log(level, level);
  expect(lines.map((line) => line.split(/ +/)[2])).toEqual(['warn', 'error']);
});

test('an event beyond its rate is only counted, while other events are still written', async () => {
  const { clock, lines, log } = made();
  for (let i = 0; i < 1_000; i++) log('info', 'joined', { i });
  log('info', 'left');
  expect(lines).toHaveLength(51);
  await clock.advance(1_000);
  expect(lines.at(-1)).toMatch(/info {2}joined repeated=950$/);
  log('info', 'joined', { i: 1_000 });
  expect(lines.at(-1)).toMatch(/joined i=1000$/);
});
