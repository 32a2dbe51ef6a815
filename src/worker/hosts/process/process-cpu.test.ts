import { expect, it } from 'vitest';
import { cpuMsOfPs, processCpuMs } from './process-cpu.js';

it.each([
  ['0:00.05', 50],
  ['  1:02.50\n', 62_500],
  ['00:01:03', 63_000],
  ['2-03:00:01', 183_601_000],
  ['', undefined],
  ['TIME', undefined],
])('the time %j of ps is read', (text, ms) => {
  expect(cpuMsOfPs(text)).toBe(ms);
});

it('the processor time of this process grows while it computes', async () => {
  const before = await processCpuMs(process.pid);
  const untilMs = process.cpuUsage().user + 200_000;
  while (process.cpuUsage().user < untilMs);
  expect((await processCpuMs(process.pid))! - before!).toBeGreaterThanOrEqual(100);
});
