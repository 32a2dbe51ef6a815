import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../../lib/crypto/random.js';
import { readOperatorToken } from './operator-token.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-token-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the scheduler creates the token once, readable only by its owner', async () => {
  const token = await readOperatorToken(folder, systemRandom);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(await readOperatorToken(folder, systemRandom)).toBe(token);
  expect((await stat(join(folder, 'operator.token'))).mode & 0o777).toBe(0o600);
});

test.each(['', 'abc', '0'.repeat(63), `${'0'.repeat(64)}0`])(
  'the scheduler does not accept a file with %j as a token',
  async (text) => {
    const file = join(folder, 'operator.token');
    await writeFile(file, text);
    const token = await readOperatorToken(folder, systemRandom);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect((await readFile(file, 'utf8')).trim()).toBe(token);
  },
);
