import { describe, expect, test } from 'vitest';
import {
  isFinalStatus,
  nextJobStatus,
  type JobStatusInput,
  type JobStatusState,
  type JobStatusTransition,
} from './job-status.js';

const STATES = {
  running: { runStatus: 'running', reason: null },
  'without funds': { runStatus: 'paused', reason: 'nofunds' },
  held: { runStatus: 'paused', reason: 'spam' },
  finished: { runStatus: 'finished', reason: null },
  cancelled: { runStatus: 'cancelled', reason: 'by its owner' },
} as const satisfies Record<string, JobStatusState>;

const counts = (
  change: Partial<Omit<Extract<JobStatusInput, { type: 'counts' }>, 'type'>>,
): JobStatusInput => ({
  ...{ type: 'counts', isComplete: false, isFunded: true, isHeld: false },
  ...change,
});

const INPUTS = {
  'slices that it can pay': counts({}),
  'slices that it cannot pay': counts({ isFunded: false }),
  'held slices that it can pay': counts({ isHeld: true }),
  'held slices that it cannot pay': counts({ isHeld: true, isFunded: false }),
  'no slices left': counts({ isComplete: true }),
  'no slices left while held': counts({ isComplete: true, isHeld: true }),
  'the same hold': { type: 'hold', reason: 'spam' },
  'another hold': { type: 'hold', reason: 'abuse' },
  cancel: { type: 'cancel', reason: 'enough' },
} as const satisfies Record<string, JobStatusInput>;

const FINISHED: JobStatusTransition = { runStatus: 'finished', reason: null, event: { kind: 'completed' } };
const RESUMED: JobStatusTransition = { runStatus: 'running', reason: null, event: { kind: 'resumed' } };
const CANCELLED: JobStatusTransition = {
  runStatus: 'cancelled',
  reason: 'enough',
  event: { kind: 'cancelled', reason: 'enough' },
};
const pausedFor = (reason: string): JobStatusTransition => ({
  runStatus: 'paused',
  reason,
  event: { kind: 'paused', reason },
});

type Table = Record<keyof typeof STATES, Partial<Record<keyof typeof INPUTS, JobStatusTransition>>>;

/** Every transition; an input that is not listed leaves the state as it is. */
const EXPECTED: Table = {
  running: {
    'slices that it cannot pay': pausedFor('nofunds'),
    'no slices left': FINISHED,
    'no slices left while held': FINISHED,
    'the same hold': pausedFor('spam'),
    'another hold': pausedFor('abuse'),
    cancel: CANCELLED,
  },
  'without funds': {
    'slices that it can pay': RESUMED,
    'no slices left': FINISHED,
    'no slices left while held': FINISHED,
    'the same hold': pausedFor('spam'),
    'another hold': pausedFor('abuse'),
    cancel: CANCELLED,
  },
  held: {
    'slices that it can pay': RESUMED,
    'slices that it cannot pay': pausedFor('nofunds'),
    'no slices left': FINISHED,
    'no slices left while held': FINISHED,
    'another hold': pausedFor('abuse'),
    cancel: CANCELLED,
  },
  finished: {},
  cancelled: {},
};

const names = Object.keys as <T extends object>(of: T) => (keyof T)[];

describe.each(names(STATES))('a job that is %s', (state) => {
  test.each(names(INPUTS))('has the next state of the table on: %s', (input) => {
    expect(nextJobStatus(STATES[state], INPUTS[input])).toEqual(EXPECTED[state][input]);
  });
});

test('only a finished or cancelled job is in a final state', () => {
  const final = names(STATES).filter((state) => isFinalStatus(STATES[state].runStatus));
  expect(final).toEqual(['finished', 'cancelled']);
});
