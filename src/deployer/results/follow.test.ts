import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../lib/deferred.js';
import { fromCursor, toCursor } from '../../protocol/messages/cursor.js';
import { FOLLOW_ROW_BYTES, FOLLOW_WINDOW_BYTES_MAX } from '../../protocol/limits.js';
import { SegmentWriter } from '../../protocol/segment/segment.js';
import { encodeValue } from '../../protocol/values/values.js';
import { chain, changeOutcomes, dropRows, repeatRows, splitRows } from '../../testing/journal-faults.js';
import {
  createDeployerFixture,
  acceleratedClock,
  waitUntil,
} from '../../testing/deployer/deployer-fixture.js';

describe('following', () => {
  it('continues after each disconnect without lost or repeated rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 3 }), async (cutsAt) => {
        const { scheduler, deployer } = createDeployerFixture({ clock: acceleratedClock(20) });
        scheduler.tap.changeMessage = splitRows(3);
        const job = deployer.computeFor({ start: 1, end: 300 }, (x: number) => x);
        const states: string[] = [];
        const seen: number[] = [];
        job.on('readystatechange', (state) => states.push(state));
        job.on('result', ({ sliceNumber }) => {
          seen.push(sliceNumber);
          if (cutsAt.includes(sliceNumber)) scheduler.tap.disconnectAll();
        });
        const done = job.exec();
        await waitUntil(() => scheduler.isFilled);
        for (let first = 1; first <= 300; first += 10) {
          await scheduler.complete(Array.from({ length: 10 }, (_, i) => ({ value: first + i })));
        }
        const results = await done;
        const expected = Array.from({ length: 300 }, (_, i) => i + 1);
        expect(seen).toEqual(expected);
        expect([...results]).toEqual(expected);
        if (new Set(cutsAt).size > 0) expect(states).toContain('reconnected');
      }),
      { numRuns: 8 },
    );
  });

  it('requests lost rows again', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    scheduler.slicesPerRow = 5;
    const job = deployer.computeFor({ start: 1, end: 100 }, (x: number) => x);
    const lost = new Set([1, 4, 5, 11]);
    scheduler.tap.changeMessage = chain(splitRows(2), dropRows(lost));
    const results = await job.exec();
    expect([...results]).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(lost.size).toBe(0);
  });

  it('lets the scheduler send no faster than it reads', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const big = new Uint8Array(500_000);
    const job = deployer.computeFor({ start: 1, end: 60 }, () => new Uint8Array(500_000));
    job.collateResults = false;
    let seen = 0;
    job.on('result', () => seen++);
    const done = job.exec();
    await waitUntil(() => scheduler.isFilled);
    for (let slice = 1; slice <= 60; slice++) await scheduler.complete([{ value: big }]);
    await done;
    expect(seen).toBe(60);
    const credits = scheduler.tap.received.flatMap((m) => (m.type === 'follow.credit' ? [m.bytes] : []));
    const sent = scheduler.rowsSent.map(({ event }) =>
      event.kind === 'outcomes' ? 512 + event.parts[0]!.segment.length : 512,
    );
    const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
    // The unacknowledged bytes are a small part of the window.
    expect(sum(sent) - sum(credits)).toBeGreaterThanOrEqual(0);
    expect(sum(sent) - sum(credits)).toBeLessThan(FOLLOW_WINDOW_BYTES_MAX / 16);
    expect(credits.length).toBeGreaterThan(5);
  });

  it('acknowledges a fixed size for each row, so that tiny rows do not fill the window', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    scheduler.slicesPerRow = 1;
    const job = deployer.computeFor({ start: 1, end: 1_500 }, (x: number) => x);
    await job.exec();
    const credited = scheduler.tap.received.flatMap((m) => (m.type === 'follow.credit' ? [m.bytes] : []));
    const rowBytes = scheduler.rowsSent.length * FOLLOW_ROW_BYTES;
    expect(credited.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(rowBytes / 2);
  });

  it('delivers a repeated row once', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.tap.changeMessage = chain(splitRows(2), repeatRows);
    scheduler.slicesPerRow = 5;
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const job = deployer.computeFor({ start: 1, end: 50 }, (x: number) => x);
    const seen: number[] = [];
    job.on('result', ({ sliceNumber }) => seen.push(sliceNumber));
    await job.exec();
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it('reads a row completely and once when the connection is lost meanwhile', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2, 3, 4, 5], (x: number) => x);
    const seen: number[] = [];
    job.on('result', ({ sliceNumber }) => seen.push(sliceNumber));
    const done = job.exec();
    await waitUntil(() => scheduler.isFilled);
    const gate = deferred();
    scheduler.blobs.respondAfter = gate.promise;
    await scheduler.complete([{ value: 'a' }, { blob: encodeValue('large') }, { value: 'c' }]);
    await waitUntil(() => scheduler.blobs.requests.length === 1);
    const halfWay = job.cursor;
    await scheduler.complete([{ value: 'd' }, { value: 'e' }]);
    // Rows after the one that is being read are requested again on the next connection.
    await waitUntil(() => scheduler.rowsSent.at(-1)!.seq === scheduler.job.cursor);
    scheduler.tap.disconnectAll();
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 2);
    expect(job.cursor).toBe(halfWay);
    expect(scheduler.tap.requestsOfType('job.follow')[1]).toMatchObject({
      after: fromCursor(halfWay).seq + 1,
    });
    gate.resolve();
    expect([...(await done)]).toEqual(['a', 'large', 'c', 'd', 'e']);
    expect(seen).toEqual([1, 3, 2, 4, 5]);
  });

  it('downloads large results, checks them, and retries until they are available', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2, 3], (x: number) => x);
    const done = job.exec();
    await waitUntil(() => scheduler.isFilled);
    scheduler.blobs.faults.push('broken', 500);
    const large = { pixels: new Float64Array(3_000).fill(0.5) };
    await scheduler.complete([{ value: 'small' }, { blob: encodeValue(large) }, { value: 'last' }]);
    const results = await done;
    expect([...results]).toEqual(['small', large, 'last']);
  });

  it('counts a large result with a wrong digest as failed', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2], (x: number) => x);
    const done = job.exec().catch((e: unknown) => e);
    const errors: unknown[] = [];
    job.on('error', ({ error, sliceNumber }) => errors.push([sliceNumber, error]));
    await waitUntil(() => scheduler.isFilled);
    const good = encodeValue('good');
    const digestsBefore = new Set(scheduler.blobs.blobs.keys());
    const gate = deferred();
    scheduler.blobs.respondAfter = gate.promise;
    const outcomes = [{ blob: good }, { value: 2 }];
    await scheduler.complete(outcomes);
    for (const digest of scheduler.blobs.blobs.keys())
      if (!digestsBefore.has(digest)) scheduler.blobs.blobs.set(digest, encodeValue('evil'));
    gate.resolve();
    // The scheduler counts it as a result, but the handle has none.
    expect(await done).toMatchObject({ code: 'SLICES_FAILED', info: { failed: 1 } });
    expect(errors).toMatchObject([[1, { code: 'BLOB_MISMATCH' }]]);
    expect(job.results.isAvailable(0)).toBe(false);
    expect(job.results[1]).toBe(2);
  });

  it('treats a malformed segment as the failure of its slices', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2, 3, 4], (x: number) => x);
    const errors: unknown[] = [];
    job.on('error', ({ sliceNumber, error }) => errors.push([sliceNumber, error]));
    const done = job.exec().catch((e: unknown) => e);
    await waitUntil(() => scheduler.isFilled);
    const one = new SegmentWriter();
    one.appendValue('one');
    let rows = 0;
    scheduler.tap.changeMessage = changeOutcomes(() =>
      rows++ > 0
        ? []
        : [
            { first: 1, count: 2, segment: Uint8Array.of(1, 2, 3) },
            { first: 3, count: 2, segment: one.finish() },
          ],
    );
    await scheduler.complete([1, 2, 3, 4].map((value) => ({ value })));
    expect(await done).toMatchObject({ code: 'SLICES_FAILED', info: { failed: 4 } });
    const malformed = { code: 'SEGMENT_MALFORMED' };
    expect(errors).toMatchObject([1, 2, 3, 4].map((slice) => [slice, malformed]));
  });

  it('rejects a complete job with missing outcomes', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2, 3, 4], (x: number) => x);
    const completed: unknown[] = [];
    job.on('complete', (results) => completed.push(results));
    const done = job.exec().catch((e: unknown) => e);
    await waitUntil(() => scheduler.isFilled);
    const two = new SegmentWriter();
    two.appendValue('one');
    two.appendValue('two');
    let rows = 0;
    scheduler.tap.changeMessage = changeOutcomes(() =>
      rows++ > 0 ? [] : [{ first: 1, count: 2, segment: two.finish() }],
    );
    await scheduler.complete([1, 2, 3, 4].map((value) => ({ value })));
    expect(await done).toMatchObject({ code: 'RESULTS_INCOMPLETE', info: { received: 2, total: 4 } });
    expect(completed).toEqual([]);
  });

  it('does not report slices as lost that were appended during the status request', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.tap.delayedReplies.add('job.follow');
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const job = deployer.computeFor([1, 2], (x: number) => x);
    job.autoClose = false;
    const done = job.exec();
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 1);
    await job.addSlices([3, 4]);
    await waitUntil(() => job.status.total === 4);
    scheduler.tap.releaseReplies();
    scheduler.tap.delayedReplies.add('job.status');
    await waitUntil(() => scheduler.tap.requestsOfType('job.status').length === 1);
    await job.addSlices([5, 6]);
    await waitUntil(() => job.status.total === 6);
    scheduler.tap.releaseReplies();
    await job.close();
    expect([...(await done)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('waits for a lost connection with the request whether slices were lost', async () => {
    const { scheduler, deployer } = createDeployerFixture({ clock: acceleratedClock(1_000) });
    scheduler.tap.delayedReplies.add('job.follow');
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const job = deployer.computeFor([1, 2], (x: number) => x);
    job.autoClose = false;
    const done = job.exec();
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 1);
    await job.addSlices([3, 4]);
    await waitUntil(() => job.status.total === 4);
    scheduler.tap.releaseReplies();
    scheduler.tap.delayedReplies.add('job.status');
    await waitUntil(() => scheduler.tap.requestsOfType('job.status').length === 1);
    scheduler.tap.refusesConnections = true;
    scheduler.tap.disconnectAll();
    const attempts = scheduler.tap.connectionAttempts;
    await waitUntil(() => scheduler.tap.connectionAttempts > attempts + 20);
    scheduler.tap.refusesConnections = false;
    scheduler.tap.releaseReplies();
    await job.close();
    expect([...(await done)]).toEqual([1, 2, 3, 4]);
  });

  it('continues in another process from a cursor, and from the start', async () => {
    const fixture = createDeployerFixture();
    const { scheduler, deployer } = fixture;
    scheduler.computeOutcome = (datum) => ({ value: datum });
    scheduler.slicesPerRow = 10;
    const job = deployer.computeFor({ start: 1, end: 50 }, (x: number) => x);
    let cursor = 0;
    job.on('result', ({ sliceNumber }) => {
      if (sliceNumber === 30) cursor = job.cursor;
    });
    await job.exec();
    expect(cursor).toBeGreaterThan(0);
    const { createDeployer } = await import('../deployer.js');
    const other = createDeployer(fixture.ports);
    const rest = await other.attach<number>(job.id, { after: cursor });
    const seen: number[] = [];
    rest.on('result', ({ sliceNumber }) => seen.push(sliceNumber));
    await rest.wait();
    // From the row that has slice 30, since a cursor is between two rows.
    const parts = scheduler.rowsSent.flatMap(({ event }) => (event.kind === 'outcomes' ? event.parts : []));
    const { first } = parts.find((part) => part.first + part.count > 30)!;
    expect(first).toBeGreaterThan(1);
    expect(seen).toEqual(Array.from({ length: 51 - first }, (_, i) => first + i));
    const whole = await other.attach<number>(job.id);
    expect([...(await whole.wait())]).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    // The row is reported, without the epoch that a cursor contains too.
    const tooFar = toCursor({ seq: 1_000, epoch: 3 });
    await expect(other.attach(job.id, { after: tooFar })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `The journal of job ${job.id} ends before row 1000.`,
    });
    const late = await other.attach(job.id, { after: whole.cursor });
    expect((await late.wait()).isAvailable(0)).toBe(false);
  });

  it('supports several handles of one job in one process', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2], (x: number) => x);
    const done = job.exec();
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 1);
    const others = await Promise.all([deployer.attach(job.id), deployer.attach(job.id)]);
    const waits = others.map((other) => other.wait());
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 3);
    await scheduler.complete([{ value: 'a' }, { value: 'b' }]);
    for (const results of [await done, ...(await Promise.all(waits))])
      expect([...results]).toEqual(['a', 'b']);
  });

  it('rejects attaching to an unknown job and to a job of another owner', async () => {
    const { deployer, scheduler, ports } = createDeployerFixture();
    await expect(deployer.attach('A'.repeat(22))).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
    const id = await deployer.computeFor([1], (x: number) => x).deploy();
    const { createDeployer } = await import('../deployer.js');
    const stranger = createDeployer({ ...ports, wallet: createDeployerFixture().wallet });
    await expect(stranger.attach(id)).rejects.toMatchObject({ code: 'NOT_OWNER' });
    expect(scheduler.jobs.size).toBe(1);
  });

  it('ends with the scheduler’s error when the client is banned', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const done = job.exec();
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 1);
    scheduler.tap.broadcast({ type: 'goodbye', error: { code: 'FORBIDDEN', message: 'not welcome' } });
    await expect(done).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
