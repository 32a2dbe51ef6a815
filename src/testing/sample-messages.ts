/**
 * A valid message of every type of the wire, for tests that mutate them or send them where they do not belong. The
 * compiler refuses this file when a type is missing.
 * @module
 */
import { SAMPLE_MULTI_RANGE, SAMPLE_SPARSE_RANGE } from './sample-inputs.js';
import type {
  ClientMessage,
  JobStatus,
  JournalEvent,
  JournalRow,
  ReplyBody,
  RequestType,
  SchedulerMessage,
  WireOffer,
} from '../protocol/messages/messages.js';
import { PROTOCOL_VERSION } from '../protocol/messages/version.js';

type Samples<M extends { type: string }> = { readonly [K in M['type']]: readonly Extract<M, { type: K }>[] };

const id = (letter: string): string => letter.repeat(22);
const digest = (letter: string): string => letter.repeat(64);
const address = `0x${'ab'.repeat(20)}`;
const jobId = id('J');
const leaseId = id('L');
const segment = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

const offer: WireOffer = {
  account: address,
  owner: address,
  packageDigest: digest('d'),
  pricePerSlice: 1_000n,
  ceiling: 2n ** 62n,
  acceptBeforeMs: 1_800_000_000_000,
  nonce: digest('e'),
  signature: `0x${'1f'.repeat(65)}`,
};

const status: JobStatus = {
  jobId,
  runStatus: 'running',
  open: true,
  total: 2 ** 40,
  leased: 10,
  accepted: 5,
  failed: 1,
  workers: 2,
  cursor: 7,
  paid: 5_000n,
};

const events: { readonly [K in JournalEvent['kind']]: Extract<JournalEvent, { kind: K }> } = {
  accepted: { kind: 'accepted' },
  appended: { kind: 'appended', first: 1, count: 10 },
  outcomes: { kind: 'outcomes', parts: [{ first: 1, count: 2, segment }] },
  closed: { kind: 'closed' },
  completed: { kind: 'completed' },
  retried: { kind: 'retried', slices: [{ first: 3, count: 2 }] },
  reopened: { kind: 'reopened' },
  cancelled: { kind: 'cancelled', reason: 'by its owner' },
  paused: { kind: 'paused', reason: 'nofunds' },
  resumed: { kind: 'resumed' },
};

const rows: JournalRow[] = Object.values(events).map((event, i) => ({
  seq: i + 1,
  atMs: 1_700_000_000_000.5,
  status: { ...status, reason: 'nofunds' },
  event,
}));

export const SAMPLE_CLIENT_MESSAGES: Samples<ClientMessage> = {
  hello: [
    { type: 'hello', protocol: PROTOCOL_VERSION, software: '0.1.0', role: 'deployer' },
    {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      software: '0.1.0',
      role: 'operator',
      operatorToken: digest('0'),
    },
    {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      software: '0.1.0',
      role: 'worker',
      worker: {
        workerId: id('W'),
        worktimes: [{ name: 'map-basic', version: '1.0.0' }],
        sandboxHost: 'browser',
        sandboxes: 4,
        paymentAddress: address,
        owners: [address],
        jobs: [jobId],
        blockedJobs: [id('X')],
        blockedOwners: [address],
        groups: [{ key: 'public' }, { key: 'lab', address }],
        minimumPrice: 10n,
        allowOrigins: ['https://data.example'],
      },
    },
  ],
  'session.prove': [{ type: 'session.prove', id: 1, address, signature: offer.signature }],
  'group.prove': [
    { type: 'group.prove', id: 1, proofs: [{ key: 'lab', address, signature: offer.signature }] },
  ],
  'blob.ticket': [{ type: 'blob.ticket', id: 2, digest: digest('b'), bytes: 1_024 }],
  'job.deploy': [
    { type: 'job.deploy', id: 3, jobId, package: Uint8Array.of(9, 9, 9) },
    {
      type: 'job.deploy',
      id: 4,
      jobId,
      package: Uint8Array.of(9, 9, 9),
      tags: ['nightly'],
      metadata: Uint8Array.of(5),
    },
    { type: 'job.deploy', id: 4, jobId, package: Uint8Array.of(9, 9, 9), offer },
    {
      type: 'job.deploy',
      id: 5,
      jobId,
      package: Uint8Array.of(9, 9, 9),
      groups: [{ key: 'lab', address }],
    },
  ],
  'job.append': [
    { type: 'job.append', id: 5, jobId, appendId: id('A'), input: { kind: 'segment', count: 2, segment } },
    {
      type: 'job.append',
      id: 6,
      jobId,
      appendId: id('B'),
      input: { kind: 'range', start: 0.5, step: -2, count: 9 },
    },
    {
      type: 'job.append',
      id: 7,
      jobId,
      appendId: id('C'),
      input: { kind: 'range', start: 1, step: 1, count: 3, group: 4, values: 10, offset: 2 },
    },
    { type: 'job.append', id: 8, jobId, appendId: id('D'), input: SAMPLE_SPARSE_RANGE },
    { type: 'job.append', id: 9, jobId, appendId: id('E'), input: SAMPLE_MULTI_RANGE },
  ],
  'job.close': [{ type: 'job.close', id: 8, jobId }],
  'job.cancel': [{ type: 'job.cancel', id: 9, jobId, reason: 'by its owner' }],
  'slices.cancel': [
    { type: 'slices.cancel', id: 8, jobId, requestId: id('R'), from: 2, to: 5, reason: 'not needed' },
  ],
  'slices.retry': [{ type: 'slices.retry', id: 8, jobId, requestId: id('R'), from: 1, to: 2 ** 53 - 1 }],
  'job.status': [{ type: 'job.status', id: 10, jobId }],
  'job.list': [
    { type: 'job.list', id: 17, limit: 20 },
    { type: 'job.list', id: 18, after: jobId, limit: 100 },
  ],
  'job.terms': [{ type: 'job.terms', id: 29, jobId }],
  'job.topup': [{ type: 'job.topup', id: 11, jobId, offer }],
  'job.results': [{ type: 'job.results', id: 12, jobId, from: 1, to: 100 }],
  'job.follow': [
    { type: 'job.follow', id: 13, jobId, after: 0, windowBytes: 1_048_576 },
    { type: 'job.follow', id: 13, jobId, after: 7, epoch: 12, windowBytes: 1_048_576 },
  ],
  'job.unfollow': [{ type: 'job.unfollow', id: 14, jobId }],
  'account.show': [{ type: 'account.show', id: 15, address }],
  'account.mint': [{ type: 'account.mint', id: 16, address, amount: 10n ** 9n, mintId: id('M') }],
  'job.pause': [{ type: 'job.pause', id: 30, jobId, reason: 'it floods a site' }],
  'job.resume': [{ type: 'job.resume', id: 31, jobId }],
  'worker.list': [
    { type: 'worker.list', id: 32, limit: 100 },
    { type: 'worker.list', id: 33, after: id('W'), limit: 1 },
  ],
  'worker.evict': [{ type: 'worker.evict', id: 34, workerId: id('W'), reason: 'it lies' }],
  'ban.add': [{ type: 'ban.add', id: 35, subject: '203.0.113.0/24', reason: 'a flood' }],
  'ban.remove': [{ type: 'ban.remove', id: 36, subject: address }],
  'ban.list': [{ type: 'ban.list', id: 37 }],
  'scheduler.drain': [{ type: 'scheduler.drain', id: 38, on: true }],
  ping: [{ type: 'ping', id: 17 }],
  'job.package': [{ type: 'job.package', id: 18, jobId }],
  'lease.report': [
    { type: 'lease.report', id: 19, leaseId, first: 1, count: 2, computeMs: 0.25, segment },
    {
      type: 'lease.report',
      id: 20,
      leaseId,
      first: 3,
      count: 0,
      computeMs: 0,
      failure: { code: 'SANDBOX_CRASHED', message: 'It went away.' },
    },
  ],
  'lease.release': [{ type: 'lease.release', id: 21, leaseId, from: 4, reason: 'recalled' }],
  'lease.checkpoint': [{ type: 'lease.checkpoint', id: 9, leaseId, sliceNumber: 1, state: Uint8Array.of(7) }],
  'lease.renew': [{ type: 'lease.renew', id: 22, leaseIds: [leaseId, id('K')] }],
  'worker.update': [
    {
      type: 'worker.update',
      worker: {
        workerId: id('W'),
        worktimes: [{ name: 'map-basic', version: '1.0.0' }],
        sandboxHost: 'browser',
        sandboxes: 2,
        blockedJobs: [jobId],
      },
    },
  ],
  'lease.request': [
    { type: 'lease.request', request: 0, idle: true },
    { type: 'lease.request', request: 1, idle: false, loadedJob: jobId },
    {
      type: 'lease.request',
      request: 2,
      idle: true,
      warmJobs: [jobId],
      warmWorktimes: [{ name: 'pyodide', version: '1.0.0' }],
    },
  ],
  'lease.withdraw': [{ type: 'lease.withdraw', request: 1 }],
  'slice.console': [
    { type: 'slice.console', leaseId, sliceNumber: 1, level: 'log', message: 'hello, ✋' },
    { type: 'slice.console', leaseId, sliceNumber: 1, level: 'warn', message: 'again', same: 3 },
  ],
  'slice.event': [{ type: 'slice.event', leaseId, sliceNumber: 1, name: 'best', value: Uint8Array.of(1) }],
  'slice.progress': [
    { type: 'slice.progress', leaseId, sliceNumber: 1 },
    { type: 'slice.progress', leaseId, sliceNumber: 1, progress: 0.5 },
  ],
  'follow.credit': [{ type: 'follow.credit', jobId, bytes: 4_096 }],
};

export const SAMPLE_SCHEDULER_MESSAGES: Samples<SchedulerMessage> = {
  welcome: [
    {
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      software: '0.1.0',
      schedulerId: digest('1'),
      nowMs: 1_700_000_000_000,
      challenge: digest('2'),
      worktimes: [{ name: 'pyodide', version: '314.0.7' }],
      minimumPrice: 0n,
    },
  ],
  reply: [{ type: 'reply', replyTo: 17, body: { nowMs: 1_700_000_000_000 } }],
  refusal: [
    {
      type: 'refusal',
      replyTo: 3,
      error: {
        code: 'JOB_UNKNOWN',
        message: 'There is no such job.',
        info: { jobId, list: [1, 'two', [3n]] },
      },
    },
  ],
  'job.journal': [
    { type: 'job.journal', jobId, rows },
    { type: 'job.journal', jobId, rows: rows.slice(0, 1).map((row) => ({ ...row, epoch: 12 })) },
  ],
  'job.console': [
    { type: 'job.console', jobId, sliceNumber: 1, attempt: 2, level: 'log', message: 'hello', same: 2 },
  ],
  'job.event': [
    { type: 'job.event', jobId, sliceNumber: 1, attempt: 2, name: 'best', value: Uint8Array.of(1) },
  ],
  'job.progress': [{ type: 'job.progress', jobId, sliceNumber: 1, progress: 0.5 }],
  'lease.grant': [
    {
      type: 'lease.grant',
      request: 1,
      lease: {
        leaseId,
        jobId,
        packageDigest: digest('d'),
        first: 1,
        count: 11,
        inputs: [
          { first: 1, input: { kind: 'range', start: 0, step: 1, count: 9 } },
          { first: 10, input: { kind: 'segment', count: 2, segment } },
        ],
        leaseMs: 60_000,
        estimatedSliceMs: 0.01,
      },
    },
    {
      type: 'lease.grant',
      request: 2,
      lease: {
        leaseId,
        jobId,
        packageDigest: digest('d'),
        first: 1,
        count: 1,
        inputs: [{ first: 1, input: { kind: 'segment', count: 1, segment } }],
        checkpoint: { sliceNumber: 1, state: Uint8Array.of(7) },
        leaseMs: 60_000,
      },
    },
  ],
  'lease.recall': [
    { type: 'lease.recall', leaseId },
    { type: 'lease.recall', leaseId, isRequesterWarm: true },
  ],
  'lease.revoke': [{ type: 'lease.revoke', leaseId, reason: 'cancelled' }],
  goodbye: [{ type: 'goodbye', error: { code: 'SHUTTING_DOWN', message: 'The scheduler goes down.' } }],
};

export const SAMPLE_REPLIES: { readonly [K in RequestType]: readonly ReplyBody<K>[] } = {
  'session.prove': [{ address }],
  'group.prove': [{}],
  'blob.ticket': [{ exists: true }, { exists: false, ticket: digest('7') }],
  'job.deploy': [{ status }],
  'job.append': [{ first: 1, count: 10 }],
  'job.close': [{ status: { ...status, open: false } }],
  'job.cancel': [{ status: { ...status, runStatus: 'cancelled', reason: 'by its owner' } }],
  'slices.cancel': [{ status: { ...status, cancelled: 1 }, count: 1 }],
  'slices.retry': [
    { status, count: 0 },
    { status, count: 1, next: 7 },
  ],
  'job.status': [{ status }],
  'job.list': [
    { jobs: [], more: false },
    {
      jobs: [{ status, owner: address, name: 'squares', createdMs: 1_800_000_000_000, price: 10n }],
      more: true,
    },
    {
      jobs: [
        {
          status,
          owner: address,
          name: '',
          createdMs: 1_800_000_000_000,
          price: 0n,
          tags: ['nightly'],
          metadata: Uint8Array.of(5),
        },
      ],
      more: false,
    },
  ],
  'job.terms': [
    { packageDigest: digest('d'), account: address, pricePerSlice: 1_000n, ceiling: 5_000n },
    { packageDigest: digest('d'), pricePerSlice: 0n, ceiling: 0n },
  ],
  'job.topup': [{ status }],
  'job.results': [{ parts: [] }, { parts: [{ first: 1, count: 2, segment }], next: 3 }],
  'job.follow': [{ status, owner: address }],
  'job.unfollow': [{}],
  'account.show': [{ address, balance: 2n ** 62n, escrow: 0n, earned: 1n }],
  'account.mint': [{ balance: 10n ** 9n }],
  'job.package': [
    { package: Uint8Array.of(9), owner: address },
    { package: Uint8Array.of(9), owner: address, offer },
  ],
  'lease.checkpoint': [{}],
  'lease.report': [{ next: 3, paid: 2_000n }],
  'lease.release': [{}],
  'lease.renew': [{ expired: [] }, { expired: [leaseId] }],
  'job.pause': [{}],
  'job.resume': [{ wasPaused: true }],
  'worker.list': [
    { workers: [], more: false },
    {
      workers: [
        {
          workerId: id('W'),
          peer: '203.0.113.7:5000',
          sinceMs: 1_700_000_000_000,
          sandboxHost: 'deno',
          sandboxes: 2,
          worktimes: [{ name: 'map-basic', version: '1.0.0' }],
          paymentAddress: address,
          leases: 1,
          slices: 20,
          failures: 0,
        },
      ],
      more: true,
    },
  ],
  'worker.evict': [{}],
  'ban.add': [
    { ban: { subject: '203.0.113.0/24', kind: 'network', reason: 'a flood', atMs: 1_700_000_000_000 } },
  ],
  'ban.remove': [{}],
  'ban.list': [{ bans: [{ subject: address, kind: 'identity', reason: '', atMs: 1_700_000_000_000 }] }],
  'scheduler.drain': [{ draining: true, leases: 3 }],
  ping: [{ nowMs: 1_700_000_000_000 }],
};
