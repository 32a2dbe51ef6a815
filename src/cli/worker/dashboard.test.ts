import { describe, expect, it } from 'vitest';
import type { SandboxStatus } from '../../entry/worker.node.js';
import { drawDashboard, PLAIN } from './dashboard.js';
import type { Picture } from './dashboard.js';
import { Rates } from './rates.js';
import { bytesText, durationText } from './words.js';

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

function picture(change: Partial<Picture> = {}): Picture {
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
  it.each([8, 12, 24, 60])('and %i rows fits, and says what matters', (rows) => {
    const text = drawDashboard(picture(), columns, rows, PLAIN);
    const lines = text.split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThan(rows);
    expect(text).toContain('12,345 slices');
    expect(text).toContain('1:30 computing');
    expect(text).toContain('1.5 credits');
  });
});

it('keeps its columns where a job has a name of wide characters', () => {
  const about = { name: '蛋白質折疊計算'.repeat(20), description: '', link: '' };
  const status = { ...picture().status, sandboxes: sandboxes(3).map((one) => ({ ...one, public: about })) };
  const text = drawDashboard(picture({ status, log: [about.name] }), 60, 24, PLAIN);
  for (const line of text.split('\n'))
    expect(line.replace(/\p{Script=Han}/gu, '==').length).toBeLessThanOrEqual(60);
  expect(text).toContain('#1002');
});

it('cuts the address and not the time where there is no room for both', () => {
  const head = (columns: number): string =>
    drawDashboard(picture({ url: 'http://scheduler.example.org:8462' }), columns, 24, PLAIN).split('\n')[0]!;
  expect(head(60)).toMatch(/http:\/\/scheduler\.example\.o.*… {2}1:02:05$/);
  expect(head(30)).toMatch(/lending +1:02:05$/);
});

it('counts slices that failed apart from those that are done', () => {
  const { status } = picture();
  const text = drawDashboard(picture({ status: { ...status, failed: 45 } }), 100, 24, PLAIN);
  expect(text).toContain('12,300 slices   45 failed');
});

it('keeps its head on a terminal of few rows', () => {
  const text = drawDashboard(picture({ notices: ['Warning: it runs as root.'] }), 50, 9, PLAIN);
  expect(text.split('\n')).toHaveLength(8);
  expect(text).toMatch(/^manyhands {2}lending/);
});

it('says that nobody claims what is earned where no account was named', () => {
  expect(drawDashboard(picture({ isPaid: false }), 120, 24, PLAIN)).toContain(
    '1.5 credits that nobody claims',
  );
  const status = { ...picture().status, earned: 0n };
  expect(drawDashboard(picture({ isPaid: false, status }), 120, 24, PLAIN)).not.toContain('nobody');
});

it('shows what each sandbox is at', () => {
  const [first, , , fourth] = sandboxes(4);
  const status = {
    ...picture().status,
    sandboxes: [
      first!,
      { sandbox: 1, state: 'opening' as const, jobId: JOB },
      { sandbox: 2, state: 'none' as const },
      { ...fourth!, sandbox: 4, state: 'idle' as const },
      { ...fourth!, progress: undefined, public: { name: 'Evil\u001b[2Jname', description: '', link: '' } },
    ],
  };
  const lines = drawDashboard(picture({ status }), 60, 24, PLAIN).split('\n');
  expect(lines).toContain(`  1 Protein 0                           #1000  ░░░░░░░░   0%`);
  expect(lines).toContain(`  2 ${JOB}: getting ready`);
  expect(lines).toContain('  3 waiting for work');
  expect(lines).toContain('  5 Protein 3: waiting for more of it');
  expect(lines.find((line) => line.startsWith('  4'))).toMatch(/^ {2}4 Evil \[2Jname +#1003$/);
});

it('says how many sandboxes there is no room for', () => {
  const status = { ...picture().status, sandboxes: sandboxes(64) };
  const lines = drawDashboard(picture({ status }), 80, 24, PLAIN).split('\n');
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines.some((line) => /^ {4}and \d+ more$/.test(line))).toBe(true);
});

it.each<[string, Partial<Picture>, RegExp]>([
  ['lending', {}, /^manyhands {2}lending .*http:\/\/localhost:8462 {2}1:02:05$/],
  ['connecting', { isConnected: false }, /^manyhands {2}connecting /],
  ['paused', { paused: ['bytes', 'user'] }, /^manyhands {2}paused: bytes, user /],
])('says that it is %s', (_state, change, head) => {
  expect(drawDashboard(picture(change), 80, 24, PLAIN).split('\n')[0]).toMatch(head);
});

it('marks words where the terminal has colours, without moving anything', () => {
  const mark = (text: string): string => `<${text}>`;
  const style = { bold: mark, dim: mark, good: mark, bad: mark };
  const marked = drawDashboard(picture(), 80, 24, style).replaceAll(/[<>]/g, '');
  expect(marked).toBe(drawDashboard(picture(), 80, 24, PLAIN));
});

it('counts slices by the second, and forgets the oldest', () => {
  const rates = new Rates(4, 1_000);
  rates.add(100, 5);
  rates.add(900, 5);
  rates.add(2_500, 7);
  expect(rates.perSecond(3_000)).toEqual([10, 0, 7]);
  expect(rates.perSecond(4_000)).toEqual([0, 7, 0]);
  expect(rates.perSecond(60_000)).toEqual([0, 0, 0]);
});

it('writes sizes and times short', () => {
  expect([0, 999, 1_000, 99_950, 999_600, 1_234_567, 5e12].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '100 kB',
    '1.0 MB',
    '1.2 MB',
    '5.0 TB',
  ]);
  expect([0, 61_000, 3_600_000].map(durationText)).toEqual(['0:00', '1:01', '1:00:00']);
});

it('keeps what a sandbox is at in sight, however long the name of its job is', () => {
  const name = 'a very long name '.repeat(20);
  const about = { name, description: '', link: '' };
  const made: SandboxStatus[] = [
    { sandbox: 0, state: 'opening', jobId: JOB, public: about },
    { sandbox: 1, state: 'idle', jobId: JOB, public: about },
    { ...sandboxes(3)[2]!, public: about },
  ];
  const status = { ...picture().status, sandboxes: made };
  for (const columns of [40, 60, 100, 200]) {
    const text = drawDashboard(picture({ status }), columns, 24, PLAIN);
    expect(text).toMatch(/a very.*…: getting ready$/m);
    expect(text).toMatch(/a very.*…: waiting for more of it$/m);
    expect(text).toMatch(/a very.*… +#1002 .* 20%$/m);
  }
});

it('uses all of a large terminal, for its lines and for its log', () => {
  const log = Array.from({ length: 60 }, (_, i) => `12:00:00  line ${i} ${'x'.repeat(150)}`);
  const lines = drawDashboard(picture({ log }), 200, 60, PLAIN).split('\n');
  expect(lines.length).toBeGreaterThan(55);
  expect(lines.at(-1)).toContain('x'.repeat(150));
  expect(lines[0]).toHaveLength(200);
});

it('shows a notice for as long as it is there, in whole words', () => {
  const notice =
    'Warning: This worker runs as root, so that the browser gives up its own sandbox. Run it as another user.';
  const lines = drawDashboard(picture({ notices: [notice] }), 60, 24, PLAIN).split('\n');
  expect(lines.slice(1, 3).join(' ')).toBe(notice);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
});
