/**
 * What `manyhands doctor` finds in a data folder: damage of pages, of invariants and of blobs, without writing a byte.
 * @module
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeBlobRef, ENVELOPE_KIND } from '../../src/protocol/segment/envelope.js';
import { SegmentWriter } from '../../src/protocol/segment/segment.js';
import { examineDataDir } from '../../src/scheduler/store/sqlite/examine.js';
import { DATABASE_FILE, openSqliteStore } from '../../src/scheduler/store/sqlite/sqlite.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { appendTo, deployJob, drain, segmentInput, ManualClock } from './store-commands.js';

const random = new SeededRandom(9);
let dataDir: string;
let database: string;
let jobId: string;

const open = (): Store => openSqliteStore({ dataDir, clock: new ManualClock(), random });

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-examine-'));
  database = join(dataDir, DATABASE_FILE);
  const store = open();
  jobId = await deployJob(store, random);
  await appendTo(
    store,
    random,
    jobId,
    segmentInput(Array.from({ length: 200 }, (_, i) => `value ${i} `.repeat(30))),
  );
  await drain(store, random, new ManualClock());
  await store.close();
  // The connection of before lives on until its statements are collected: the file is looked at without it.
  const closed = dataDir;
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-examine-'));
  await cp(database, join(dataDir, DATABASE_FILE));
  await rm(closed, { recursive: true });
  database = join(dataDir, DATABASE_FILE);
});
afterEach(() => rm(dataDir, { recursive: true }));

/** Every file of the folder with a digest of its bytes. */
async function picture(): Promise<string[]> {
  const files = await readdir(dataDir, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => {
      const bytes = readFileSync(join(parentPath, name));
      return `${name} ${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;
    })
    .sort();
}

/** Runs statements on the closed database, and leaves no file of its own. */
function change(...statements: string[]): void {
  const db = new Database(database);
  for (const sql of statements) db.exec(sql);
  db.close();
}

it('examine reports nothing for a consistent data folder, and writes nothing', async () => {
  const before = await picture();
  expect(await examineDataDir(dataDir)).toEqual([]);
  expect(await picture()).toEqual(before);
});

it('examine reads the committed state beside a running scheduler', async () => {
  const store = open();
  const other = await deployJob(store, random);
  await appendTo(store, random, other, segmentInput([1, 2, 3]));
  expect(await examineDataDir(dataDir)).toEqual([]);
  await store.close();
});

it('examine reports damaged database pages', async () => {
  const whole = readFileSync(database);
  const pages = whole.length / 4096;
  let found = 0;
  let missed = 0;
  for (let page = 3; page < pages; page++) {
    const bytes = Buffer.from(whole);
    random.bytes(4096).forEach((byte, i) => (bytes[page * 4096 + i] = byte));
    writeFileSync(database, bytes);
    const wrong = await examineDataDir(dataDir);
    if (wrong.some((sentence) => /damaged/.test(sentence))) found++;
    else missed++;
  }
  // A page inside a long value has no structure that could be wrong.
  expect(found).toBeGreaterThan(missed);
});

it('examine reports wrong slice counts and a ledger that does not sum to zero', async () => {
  change(
    'UPDATE jobs SET accepted = accepted + 1',
    `INSERT INTO accounts (account, balance) VALUES ('a', 5)`,
  );
  expect(await examineDataDir(dataDir)).toEqual([
    `job ${jobId}: 200 slices are accepted, and its row has 201`,
    `job ${jobId}: 200 outcomes for 201 slices that are done`,
    'the ledger sums to 5 units, not to zero',
    'account a: its balance and its transfers differ',
  ]);
});

it('examine reports blobs that are missing or have another size', async () => {
  const [gone, short, sound] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
  const writer = new SegmentWriter();
  for (const digest of [gone, short, sound])
    writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef({ digest, bytes: 5 }));
  const store = open();
  await appendTo(store, random, jobId, { kind: 'segment', count: 3, segment: writer.finish() });
  await store.close();
  for (const [digest, text] of [
    [short, 'four'],
    [sound, 'fives'],
  ] as const) {
    await mkdir(join(dataDir, 'blobs', digest.slice(0, 2)), { recursive: true });
    await writeFile(join(dataDir, 'blobs', digest.slice(0, 2), digest), text);
  }
  expect(await examineDataDir(dataDir)).toEqual([
    `job ${jobId}: an input is in blob ${gone}, which is missing`,
    `job ${jobId}: blob ${short} has 4 bytes, and an input refers to 5`,
  ]);
});

it('examine does not change a folder of an earlier schema, and reports its version', async () => {
  change("UPDATE meta SET value = '2' WHERE key = 'schema'", 'ALTER TABLE jobs DROP COLUMN origins_json');
  const before = await picture();
  expect(await examineDataDir(dataDir)).toEqual([expect.stringContaining('has schema 2')]);
  expect(await picture()).toEqual(before);
});

it('examine does not turn an empty file into a store, and refuses a file that is not a store', async () => {
  await writeFile(database, '');
  await expect(examineDataDir(dataDir)).rejects.toMatchObject({ code: 'STORE_UNUSABLE' });
  expect(await readFile(database, 'utf8')).toBe('');
  expect(await readdir(dataDir)).toEqual([DATABASE_FILE]);
  await writeFile(database, 'no database at all '.repeat(1_000));
  expect(await examineDataDir(dataDir)).toEqual([expect.stringMatching(/damaged: file is not a database/)]);
  expect(open).toThrow(
    expect.objectContaining({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('file is not a database') as string,
    }),
  );
});
