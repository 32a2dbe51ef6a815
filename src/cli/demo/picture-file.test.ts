import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pictureFile } from './picture-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-picture-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('the file of the picture writes to its path, also a second time', async () => {
  const path = join(folder, 'a.png');
  await (await pictureFile(path)).write(new Uint8Array([1]));
  await (await pictureFile(path)).write(new Uint8Array([2]));
  expect([...(await readFile(path))]).toEqual([2]);
});

it('the file of the picture rejects an unusable path before the job runs', async () => {
  await expect(pictureFile(folder)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: /EISDIR.*--out/,
  });
  await expect(pictureFile(join(folder, 'no', 'a.png'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

it('the file of the picture rejects a write if the folder was removed meanwhile', async () => {
  const file = await pictureFile(join(folder, 'a.png'));
  await rm(folder, { recursive: true });
  await expect(file.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});
