import { describe, expect, it } from 'vitest';
import type { SandboxStatus } from '../../entry/worker.node.js';
import { drawDashboard, PLAIN } from './dashboard.js';
import type { DashboardData } from './dashboard.js';
import { Rates } from './rates.js';
import { formatBytes, formatDuration } from './event-text.js';

const JOB = 'abcdefghijklmnopqrstuv';

function sandboxes(count: number): SandboxStatus[] {
  return Array.from({ length: count }, (_, sandbox) => ({
    sandbox,
    state: 'ready',
    jobId: JOB,
    public: { name: `Protein ${sandbox}`, description: '', link: '' },
    sliceNumber: 1_000 + sandbox,
    progress: sandbox / 10,
  }));
}

function data(change: Partial<DashboardData> = {}): DashboardData {
  return {
    url: 'http://localhost:8462',
    isConnected: true,
    paused: [],
    elapsedMs: 3_725_000,
    status: {
      slices: 12_345,
      failed: 0,
      computeMs: 90_000,
      earned: 1_500_000_000n,
      bytesToday: 2_345_678,
      sandboxes: sandboxes(3),
    },
    bytesPerDay: 500_000_000,
    isPaid: true,
    rates: [0, 1, 5, 10, 20],
    log: ['12:00:00  Connected.', '12:00:01  Working on it.'],
    ...change,
  };
}

describe.each([20, 40, 60, 79, 100, 200])('the dashboard on %i columns', (columns) => {
  it.each([8, 12, 24, 60])('and %i rows fits and shows the important values', (rows) => {
    const text = drawDashboard(data(), columns, rows, PLAIN);
    const lines = text.split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThan(rows);
    expect(text).toContain('12,345 slices');
    expect(text).toContain('1:30 computing');
    expect(text).toContain('1.5 credits');
  });
});

it('the dashboard keeps its columns if the name of a job has wide characters', () => {
  const about = { name: '蛋白質折疊計算'.repeat(20), description: '', link: '' };
  const status = { ...data().status, sandboxes: sandboxes(3).map((one) => ({ ...one, public: about })) };
  const text = drawDashboard(data({ status, log: [about.name] }), 60, 24, PLAIN);
  for (const line of text.split('\n'))
    expect(line.replace(/\p{Script=Han}/gu, '==').length).toBeLessThanOrEqual(60);
  expect(text).toContain('#1002');
});

it('the dashboard truncates the URL and not the time if there is no room for both', () => {
  const head = (columns: number): string =>
    drawDashboard(data({ url: 'http://scheduler.example.org:8462' }), columns, 24, PLAIN).split('\n')[0]!;
  expect(head(60)).toMatch(/http:\/\/scheduler\.example\.o.*… {2}1:02:05$/);
  expect(head(30)).toMatch(/running +1:02:05$/);
});

it('the dashboard counts failed slices separately from finished ones', () => {
  const { status } = data();
  const text = drawDashboard(data({ status: { ...status, failed: 45 } }), 100, 24, PLAIN);
  expect(text).toContain('12,300 slices   45 failed');
});

it('the dashboard keeps its first line on a terminal with few rows', () => {
  const text = drawDashboard(data({ notices: ['Warning: it runs as root.'] }), 50, 9, PLAIN);
  expect(text.split('\n')).toHaveLength(8);
  expect(text).toMatch(/^manyhands {2}running/);
});

it('the dashboard notes that earnings cannot be claimed without a payment address', () => {
  expect(drawDashboard(data({ isPaid: false }), 120, 24, PLAIN)).toContain(
    '1.5 credits without an account to claim them',
  );
  const status = { ...data().status, earned: 0n };
  expect(drawDashboard(data({ isPaid: false, status }), 120, 24, PLAIN)).not.toContain('nobody');
});

it('the dashboard shows the state of each sandbox', () => {
  const [first, , , fourth] = sandboxes(4);
  const status = {
    ...data().status,
    sandboxes: [
      first!,
      { sandbox: 1, state: 'opening' as const, jobId: JOB },
      { sandbox: 2, state: 'none' as const },
      { ...fourth!, sandbox: 4, state: 'idle' as const },
      { ...fourth!, progress: undefined, public: { name: 'Evil\u001b[2Jname', description: '', link: '' } },
    ],
  };
  const lines = drawDashboard(data({ status }), 60, 24, PLAIN).split('\n');
  expect(lines).toContain(`  1 Protein 0                           #1000  ░░░░░░░░   0%`);
  expect(lines).toContain(`  2 ${JOB}: starting`);
  expect(lines).toContain('  3 idle');
  expect(lines).toContain('  5 Protein 3: waiting for slices');
  expect(lines.find((line) => line.startsWith('  4'))).toMatch(/^ {2}4 Evil \[2Jname +#1003$/);
});

it('the dashboard shows the number of sandboxes that do not fit', () => {
  const status = { ...data().status, sandboxes: sandboxes(64) };
  const lines = drawDashboard(data({ status }), 80, 24, PLAIN).split('\n');
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines.some((line) => /^ {4}and \d+ more$/.test(line))).toBe(true);
});

it.each<[string, Partial<DashboardData>, RegExp]>([
  ['running', {}, /^manyhands {2}running .*http:\/\/localhost:8462 {2}1:02:05$/],
  ['connecting', { isConnected: false }, /^manyhands {2}connecting /],
  ['paused', { paused: ['bytes', 'user'] }, /^manyhands {2}paused: bytes, user /],
])('shows the state %s', (_state, change, head) => {
  expect(drawDashboard(data(change), 80, 24, PLAIN).split('\n')[0]).toMatch(head);
});

it('the dashboard styles text on a terminal with colours without changing the layout', () => {
  const mark = (text: string): string => `<${text}>`;
  const style = { bold: mark, dim: mark, good: mark, bad: mark };
  const marked = drawDashboard(data(), 80, 24, style).replaceAll(/[<>]/g, '');
  expect(marked).toBe(drawDashboard(data(), 80, 24, PLAIN));
});

it('the dashboard counts slices per second and drops the oldest bucket', () => {
  const rates = new Rates(4, 1_000);
  rates.add(100, 5);
  rates.add(900, 5);
  rates.add(2_500, 7);
  expect(rates.perSecond(3_000)).toEqual([10, 0, 7]);
  expect(rates.perSecond(4_000)).toEqual([0, 7, 0]);
  expect(rates.perSecond(60_000)).toEqual([0, 0, 0]);
});

it('the dashboard formats sizes and times briefly', () => {
  expect([0, 999, 1_000, 99_950, 999_600, 1_234_567, 5e12].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '100 kB',
    '1.0 MB',
    '1.2 MB',
    '5.0 TB',
  ]);
  expect([0, 61_000, 3_600_000].map(formatDuration)).toEqual(['0:00', '1:01', '1:00:00']);
});

it('the dashboard shows the state of a sandbox however long the name of its job is', () => {
  const name = 'a very long name '.repeat(20);
  const about = { name, description: '', link: '' };
  const made: SandboxStatus[] = [
    { sandbox: 0, state: 'opening', jobId: JOB, public: about },
    { sandbox: 1, state: 'idle', jobId: JOB, public: about },
    { ...sandboxes(3)[2]!, public: about },
  ];
  const status = { ...data().status, sandboxes: made };
  for (const columns of [40, 60, 100, 200]) {
    const text = drawDashboard(data({ status }), columns, 24, PLAIN);
    expect(text).toMatch(/a very.*…: starting$/m);
    expect(text).toMatch(/a very.*…: waiting for slices$/m);
    expect(text).toMatch(/a very.*… +#1002 .* 20%$/m);
  }
});

it('the dashboard uses all rows of a large terminal for sandboxes and log', () => {
  const log = Array.from({ length: 60 }, (_, i) => `12:00:00  line ${i} ${'x'.repeat(150)}`);
  const lines = drawDashboard(data({ log }), 200, 60, PLAIN).split('\n');
  expect(lines.length).toBeGreaterThan(55);
  expect(lines.at(-1)).toContain('x'.repeat(150));
  expect(lines[0]).toHaveLength(200);
});

it('the dashboard shows notices permanently, wrapped between words', () => {
  const notice =
    'Warning: This worker runs as root, so that the browser gives up its own sandbox. Run it as another user.';
  const lines = drawDashboard(data({ notices: [notice] }), 60, 24, PLAIN).split('\n');
  expect(lines.slice(1, 3).join(' ')).toBe(notice);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
});
