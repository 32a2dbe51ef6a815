/**
 * The same bombs, those of each kind, against workers without a page: the browser that a worker drives, and Deno. Each
 * is seen to go off without defence by `bombs.deep.test.ts`.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOMBS } from './bombs.js';
import { expectStopped } from './fixtures/run-bomb.js';
import { openHeadlessFixture, type HeadlessFixture } from './fixtures/headless-fixture.js';

const KINDS = [
  'loop', 'heap', 'buffers', 'small-buffers', 'copies', 'blobs', 'wasm-memory', 'modules', 'messages', 'messages-to-itself',
  'messages-of-texts', 'formatters', 'segments', 'huge-result', 'workers', 'pixels', 'marks',
]; // prettier-ignore

describe.each(['chromium', 'deno'] as const)('a bomb in a worker of isolation %s', (isolation) => {
  let fixture: HeadlessFixture;
  const table: string[] = [];
  beforeAll(async () => {
    fixture = await openHeadlessFixture(isolation);
  }, 60_000);
  afterAll(async () => {
    await fixture.close();
    process.stdout.write(`${isolation}\n${table.join('\n')}\n`);
  });

  it.each(BOMBS.filter(({ id }) => KINDS.includes(id)))('is stopped by the worker: $id', async (bomb) => {
    table.push(await expectStopped(fixture, bomb));
    expect(fixture.isAlive()).toBe(true);
  });
});
