/**
 * The same bombs, those of each kind, against workers without a page: the browser that a worker drives, and Deno. Each
 * is seen to go off without defence by `bombs.deep.test.ts`.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOMBS } from './bombs.js';
import { expectStopped } from './rig/blasts.js';
import { openHeadlessRig, type HeadlessRig } from './rig/headless-rig.js';

const KINDS = [
  'loop', 'heap', 'buffers', 'small-buffers', 'copies', 'blobs', 'wasm-memory', 'modules', 'messages', 'messages-to-itself',
  'messages-of-texts', 'formatters', 'segments', 'huge-result', 'workers', 'pixels', 'marks',
]; // prettier-ignore

describe.each(['chromium', 'deno'] as const)('a bomb in a worker of isolation %s', (isolation) => {
  let rig: HeadlessRig;
  const table: string[] = [];
  beforeAll(async () => {
    rig = await openHeadlessRig(isolation);
  }, 60_000);
  afterAll(async () => {
    await rig.close();
    process.stdout.write(`${isolation}\n${table.join('\n')}\n`);
  });

  it.each(BOMBS.filter(({ id }) => KINDS.includes(id)))('is stopped: $id', async (bomb) => {
    table.push(await expectStopped(rig, bomb));
    expect(rig.isAlive()).toBe(true);
  });
});
