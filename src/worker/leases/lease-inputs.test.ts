import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { encodeBlobRef, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { InputPart, Lease } from '../../protocol/messages/messages.js';
import { rangeDatum } from '../../protocol/input/ranges.js';
import { encodeRemote } from '../../protocol/input/remote-url.js';
import { SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import { LeaseInputs } from './lease-inputs.js';

function lease(first: number, count: number, inputs: InputPart[]): Lease {
  const ids = { leaseId: 'l'.repeat(22), jobId: 'j'.repeat(22), packageDigest: '0'.repeat(64) };
  return { ...ids, first, count, inputs, leaseMs: 1_000 };
}

/** Slice n has the datum n, as a range or in a segment. */
function part(first: number, count: number, kind: 'range' | 'segment'): InputPart {
  if (kind === 'range') return { first, input: { kind, start: first, step: 1, count } };
  const writer = new SegmentWriter();
  for (let n = first; n < first + count; n++) writer.appendValue(n);
  // A view into a larger buffer, as in a received message.
  const segment = writer.finish();
  const message = new Uint8Array(segment.length + 100);
  message.set(segment, 50);
  return { first, input: { kind, count, segment: message.subarray(50, 50 + segment.length) } };
}

function data(inputs: InputPart[]): [number, unknown][] {
  return inputs.flatMap(({ first, input }) => {
    const reader = input.kind === 'segment' ? new SegmentReader(input.segment) : undefined;
    return Array.from({ length: input.count }, (_, i): [number, unknown] => [
      first + i,
      input.kind === 'range' ? rangeDatum(input, i) : reader!.value(i),
    ]);
  });
}

describe('the inputs of a lease', () => {
  it('are sliced at any position into batches with the right data', () => {
    const parts = fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 9 }),
        kind: fc.constantFrom('range' as const, 'segment' as const),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(
        parts,
        fc.integer({ min: 1, max: 50 }),
        fc.nat(1_000),
        fc.nat(1_000),
        (list, first, a, b) => {
          let next = first;
          const inputs = list.map(({ count, kind }) => {
            next += count;
            return part(next - count, count, kind);
          });
          const total = next - first;
          const from = first + (a % total);
          const count = 1 + (b % (first + total - from));
          const cut = new LeaseInputs(lease(first, total, inputs)).slice(from, count);
          expect(data(cut.inputs)).toEqual(Array.from({ length: count }, (_, i) => [from + i, from + i]));
        },
      ),
    );
  });

  it('transfer only buffers that are used by nobody else', () => {
    const inputs = new LeaseInputs(lease(1, 9, [part(1, 9, 'segment')]));
    const one = inputs.slice(1, 9);
    const two = inputs.slice(1, 9);
    expect(one.transfer).toHaveLength(1);
    expect(one.transfer[0]).not.toBe(two.transfer[0]);
    expect(one.transfer[0]!.byteLength).toBe(
      (one.inputs[0]!.input as { segment: Uint8Array }).segment.byteLength,
    );
  });

  it('list the blobs that they refer to', () => {
    const writer = new SegmentWriter();
    const digest = 'ab'.repeat(32);
    writer.appendValue(1);
    writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef({ digest, bytes: 9 }));
    writer.appendValue(3);
    const inputs = new LeaseInputs(
      lease(5, 3, [{ first: 5, input: { kind: 'segment', count: 3, segment: writer.finish() } }]),
    );
    expect(inputs.needsFetch).toEqual([6]);
    expect(inputs.slice(5, 2).blob).toBe(digest);
    expect(inputs.slice(7, 1).blob).toBeUndefined();
  });

  it('list the addresses that they refer to, and the next one while the lease includes it', () => {
    const writer = new SegmentWriter();
    for (let n = 1; n <= 3; n++)
      writer.appendEnvelope(ENVELOPE_KIND.remote, encodeRemote(`https://a.example/${n}`));
    const inputs = new LeaseInputs(
      lease(1, 3, [{ first: 1, input: { kind: 'segment', count: 3, segment: writer.finish() } }]),
    );
    const third = { slice: 3, url: 'https://a.example/3' };
    expect(inputs.slice(2, 1)).toMatchObject({
      remote: { slice: 2, url: 'https://a.example/2' },
      next: third,
    });
    expect(inputs.slice(3, 1)).toMatchObject({ remote: third });
    expect(inputs.slice(3, 1).next).toBeUndefined();
    inputs.truncate(3);
    // Released slices are not included again.
    inputs.truncate(4);
    expect(inputs.slice(2, 1).next).toBeUndefined();
    expect(inputs.slice(1, 1).next).toEqual({ slice: 2, url: 'https://a.example/2' });
  });

  const mismatches: [string, InputPart[]][] = [
    ['are missing', []],
    ['begin elsewhere', [part(2, 10, 'range')]],
    ['have a gap', [part(1, 4, 'range'), part(6, 5, 'range')]],
    ['overlap', [part(1, 6, 'range'), part(5, 6, 'segment')]],
    ['are too few', [part(1, 9, 'segment')]],
    ['are too many', [part(1, 11, 'segment')]],
    [
      'lie about their count',
      [{ ...part(1, 9, 'segment'), input: { ...part(1, 9, 'segment').input, count: 10 } }],
    ],
  ];
  it.each(mismatches)('are rejected if they %s', (_what, inputs) => {
    expect(() => new LeaseInputs(lease(1, 10, inputs))).toThrow();
    try {
      new LeaseInputs(lease(1, 10, inputs));
    } catch (error) {
      expect(isError(error, 'MESSAGE_MALFORMED')).toBe(true);
    }
  });
});
