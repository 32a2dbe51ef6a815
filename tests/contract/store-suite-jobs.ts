/**
 * What every store promises about a job's input, its end and the operator's commands on it.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { ManyhandsError } from '../../src/lib/errors.js';
import { newId } from '../../src/lib/crypto/ids.js';
import { ENVELOPE_KIND, encodeError } from '../../src/protocol/segment/envelope.js';
import { ERROR_BYTES_MAX, FIRST_FAILURES_MAX, HELD_BACK_MS_MAX } from '../../src/protocol/limits.js';
import { SegmentWriter } from '../../src/protocol/segment/segment.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import { codeOf, eachStore, type OpenStore } from './store-fixture.js';
import type { ManualClock } from './store-commands.js';
import {
  appendTo,
  deployJob,
  drain,
  leaseFor,
  OWNER,
  perform,
  performWithEvents,
  rangeInput,
  reportOf,
  segmentInput,
  workerDescription,
} from './store-commands.js';

export function jobsStoreContract(name: string, open: OpenStore): void {
  describe(`${name} changes jobs`, () => {
    let store: Store;
    let clock: ManualClock;
    let random: SeededRandom;

    eachStore(13, (made) => ({ store, clock, random } = made), open);

    const statusOf = async (jobId: string) => (await store.status(jobId))!.status;
    const jobOf = async (slices: number): Promise<string> => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(slices));
      return jobId;
    };

    it('refuses input from an origin that its job has not declared, and names those that it has', async () => {
      const other = 'https://other.example';
      for (const origins of [[], ['https://a.example', 'https://b.example']]) {
        const jobId = await deployJob(store, random, undefined, origins);
        const refused = appendTo(store, random, jobId, segmentInput([1]), [...origins, other]);
        await expect(refused).rejects.toMatchObject({
          code: 'ORIGIN_NOT_ALLOWED',
          info: { jobId, origin: other },
          message: expect.stringContaining(`(${origins.join(', ') || 'none'})`) as string,
        });
        await appendTo(store, random, jobId, segmentInput([1]), origins);
      }
    });

    it('refuses a report that announces outcomes and has none', async () => {
      await jobOf(1);
      const worker = workerDescription(random);
      const lease = (await leaseFor(store, random, worker))!;
      const report = { ...reportOf(lease, worker, 1, []), count: 1 };
      expect(await codeOf(perform(store, 'report', report))).toBe('SEGMENT_MALFORMED');
    });

    const ofBytes = (bytes: number): Uint8Array => new Uint8Array(bytes);
    it.each([
      ['the name and message of', encodeError(new RangeError('no')), 'RangeError: no'],
      ['only the message of our own', encodeError(new ManyhandsError('LEASE_LOST', 'gone')), 'gone'],
      ['no text of an unreadable', ofBytes(ERROR_BYTES_MAX), 'an error that cannot be read'],
      ['no text of a large', ofBytes(ERROR_BYTES_MAX + 1), 'an error that is too large to show'],
    ])('cancels a job whose slices all fail, with %s error in the reason', async (_, error, text) => {
      const jobId = await jobOf(1_000);
      const writer = new SegmentWriter();
      writer.appendEnvelope(ENVELOPE_KIND.error, error);
      const segment = writer.finish();
      const worker = workerDescription(random);
      while ((await statusOf(jobId)).runStatus === 'running') {
        const { leaseId, first, count } = (await leaseFor(store, random, worker))!;
        const { workerId } = worker;
        await perform(store, 'report', { leaseId, workerId, first, count: 1, computeMs: 1e6, segment });
        if (count > 1) await perform(store, 'releaseLease', { leaseId, workerId, from: first + 1 });
        clock.nowMs += HELD_BACK_MS_MAX;
      }
      expect(await statusOf(jobId)).toMatchObject({
        runStatus: 'cancelled',
        reason: `its slices all fail: ${FIRST_FAILURES_MAX} of 1000 have failed and none has a result; slice 1: ${text}`,
      });
    });

    it('keeps a job paused that the operator paused, whatever its owner appends, until it is resumed', async () => {
      const jobId = await jobOf(1);
      await perform(store, 'pauseJob', { jobId, reason: 'wait' });
      await appendTo(store, random, jobId, rangeInput(2));
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'paused', reason: 'wait', total: 3 });
      expect(await leaseFor(store, random, workerDescription(random))).toBeUndefined();
      const resumed = await performWithEvents(store, 'resumeJob', { jobId });
      expect(resumed.value).toEqual({ wasPaused: true });
      expect([...resumed.events.work.keys()]).toEqual([jobId]);
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'running' });
      expect(await perform(store, 'resumeJob', { jobId })).toEqual({ wasPaused: false });
    });

    it('refuses to pause or resume a job that has ended', async () => {
      const jobId = await jobOf(1);
      await perform(store, 'close', { jobId, owner: OWNER });
      await drain(store, random, clock);
      for (const refused of [
        perform(store, 'pauseJob', { jobId, reason: '' }),
        perform(store, 'resumeJob', { jobId }),
      ])
        await expect(refused).rejects.toMatchObject({
          code: 'JOB_STATE',
          info: { jobId, runStatus: 'finished' },
        });
    });

    it('resumes the jobs that a ban paused when it is removed, except those that were paused before or have ended', async () => {
      const paused = await jobOf(1);
      const running = await jobOf(1);
      const ended = await jobOf(1);
      await perform(store, 'pauseJob', { jobId: paused, reason: '' });
      await perform(store, 'ban', { subject: OWNER, kind: 'identity', reason: 'spam' });
      expect(await statusOf(running)).toMatchObject({
        runStatus: 'paused',
        reason: 'The operator of this scheduler has banned its owner: spam',
      });
      await perform(store, 'cancel', { jobId: ended, owner: OWNER, reason: '' });
      const { value, events } = await performWithEvents(store, 'unban', { subject: OWNER });
      expect(value).toEqual({ removed: true });
      expect([...events.work.keys()]).toEqual([running]);
      const now = await Promise.all([paused, running, ended].map(statusOf));
      expect(now.map(({ runStatus }) => runStatus)).toEqual(['paused', 'running', 'cancelled']);
    });

    it('finds the last of hundreds of jobs that a worker could run but for their owner', async () => {
      const stranger = `0x${'d'.repeat(40)}`;
      const deploy = (jobId: string, owner: string) => ({
        name: 'deploy' as const,
        jobId,
        owner,
        package: new Uint8Array([1]),
        digest: '0'.repeat(64),
        worktime: { name: 'map-basic', range: '^1.0.0' },
        groups: [{ key: 'public' }],
        minimumPrice: 0n,
      });
      const append = (jobId: string, owner: string) => ({
        name: 'append' as const,
        jobId,
        owner,
        appendId: newId(random),
        input: rangeInput(1),
      });
      const blocked = Array.from({ length: 600 }, () => newId(random));
      await store.commit(blocked.flatMap((jobId) => [deploy(jobId, stranger), append(jobId, stranger)]));
      clock.nowMs += 1;
      const worker = workerDescription(random, { blockedOwners: [stranger] });
      expect(await leaseFor(store, random, worker)).toBeUndefined();
      // Behind all others, in whichever order they are read.
      const last = 'z'.repeat(22);
      await store.commit([deploy(last, OWNER), append(last, OWNER)]);
      expect(await leaseFor(store, random, worker)).toMatchObject({ jobId: last });
    });
  });
}
