/**
 * Examples of inputs that are sent as a description, for the examples of messages.
 * @module
 */
import type { Input } from '../protocol/messages/messages.js';

export const SAMPLE_SPARSE_RANGE: Input = {
  kind: 'sparse-range',
  ranges: [
    { kind: 'range', start: 1, step: 1, count: 3 },
    { kind: 'range', start: 10, step: 5, count: 2 },
  ],
  count: 4,
  offset: 1,
};

export const SAMPLE_MULTI_RANGE: Input = {
  kind: 'multi-range',
  ranges: [
    { kind: 'range', start: 1, step: 1, count: 3 },
    { kind: 'distribution', name: 'normalRNG', size: 2, params: [0, 1], seed: 7, count: 2 },
  ],
  count: 6,
};
