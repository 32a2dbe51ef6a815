import { describe, expect, it } from 'vitest';
import { ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { Input } from '../../protocol/messages/messages.js';
import { RemoteDataPattern, RemoteDataSet } from '../../protocol/input/remote-sets.js';
import { decodeRemote } from '../../protocol/input/remote-url.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import { createDeployerFixture, waitUntil } from '../../testing/deployer/deployer-fixture.js';
import { parseFor } from './forms.js';

const work = (x: unknown): unknown => x;

/** Addresses and values of inputs, in order. */
function sent(inputs: readonly Input[]): unknown[] {
  return inputs.flatMap((input) => {
    if (input.kind !== 'segment') return [input];
    const reader = new SegmentReader(input.segment);
    return Array.from({ length: reader.count }, (_, i) =>
      reader.kind(i) === ENVELOPE_KIND.remote ? { url: decodeRemote(reader.body(i)) } : reader.value(i),
    );
  });
}

describe('remote input', () => {
  it('is distinguished from other input', () => {
    const set = new RemoteDataSet('https://a.example/1');
    const pattern = { pattern: 'https://a.example/{slice}', sliceCount: 3 };
    const origins = ['https://a.example'];
    expect(parseFor([set, work]).input).toMatchObject({ kind: 'values', slices: 1, origins });
    expect(parseFor([[new URL('https://a.example/')], work]).input).toMatchObject({ slices: 1, origins });
    expect(parseFor([pattern, work]).input).toMatchObject({ slices: 3, origins });
    expect(parseFor([['https://a.example/'], work]).input).not.toHaveProperty('origins');
    expect(() => parseFor([{ ...pattern, pattern: 'https://a.example/' }, work])).toThrow('{slice}');
  });

  it('is sent as URLs, and its origins and job.origins are in the package', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor(
      new RemoteDataSet('https://b.example/x', 'data:application/json,[1]'),
      work,
    );
    job.origins = ['https://A.example/path'];
    expect(job.origins).toEqual(['https://a.example']);
    await job.deploy();
    await waitUntil(() => scheduler.isFilled);
    expect(sent(scheduler.inputs)).toEqual([{ url: 'https://b.example/x' }, [1]]);
    expect(scheduler.package.origins).toEqual(['https://a.example', 'https://b.example']);
    expect(() => (job.origins = [])).toThrow(expect.objectContaining({ code: 'JOB_STATE' }));
  });

  it('rejects values that are not origins', () => {
    const job = createDeployerFixture().deployer.computeFor([1], work);
    expect(() => (job.origins = ['a.example'])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => (job.origins = ['file:///x'])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('is created while it is sent: a pattern of a million URLs waits for the scheduler', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.tap.delayedReplies.add('job.append');
    const pattern = new RemoteDataPattern('https://a.example/{slice}', 1_000_000);
    let made = 0;
    const at = pattern.at.bind(pattern);
    pattern.at = (n) => (made++, at(n));
    const job = deployer.computeFor(pattern, work);
    await job.deploy();
    const settled = async (): Promise<number> => {
      for (let before = -1; before !== made;) {
        before = made;
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
      return made;
    };
    expect(await settled()).toBeLessThan(300_000);
    await job.cancel();
  });
});
