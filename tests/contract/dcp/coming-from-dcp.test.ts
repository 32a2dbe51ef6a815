/**
 * Each row of docs/coming-from-dcp.md is checked, with a real scheduler and a worker with threads in this process.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startResultsFixture, type ResultsFixture } from '../results-fixture.js';
import { CALLS } from './calls.js';
import { HANDLE, WALLET } from './handle.js';
import { EVENTS, RESULTS } from './outcomes.js';
import { rowsOfPage } from './rows.js';

const TABLES = { CALLS, HANDLE, WALLET, EVENTS, RESULTS };

let fixture: ResultsFixture;
beforeAll(async () => {
  fixture = await startResultsFixture('thread');
});
afterAll(() => fixture.stop());

it('each row of the page for users of DCP has a check, and each check a row', () => {
  const checked = Object.values(TABLES).flatMap((checks) => Object.keys(checks));
  const rows = rowsOfPage();
  expect(rows.filter((row) => !checked.includes(row))).toEqual([]);
  expect(checked.filter((row) => !rows.includes(row))).toEqual([]);
  expect(rows.length).toBeGreaterThan(60);
});

describe.each(Object.entries(TABLES))('%s', (_, checks) => {
  it.each(Object.entries(checks))('what the page says of %s holds', async (_row, check) => {
    await check();
  });
});
