/**
 * Delivers the batches of one sandbox whose inputs have to be fetched, and those behind them, in order. If an input
 * cannot be obtained, neither its batch nor those behind it are sent: the core dispatches their slices again.
 * @module
 */
import { isError } from '../../lib/errors.js';
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import type { BlobCache } from '../assets/blob-cache.js';
import type { SandboxEffect, SandboxEventBody } from '../core/events.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { FetchingJob } from '../inputs/remote-inputs.js';
import { fillInputs } from '../leases/fill-inputs.js';
import type { BatchInputs } from '../leases/lease-inputs.js';
import type { LeaseCheckpoint, LeaseResources } from '../leases/worker-leases.js';
import { faultOf, messageOf } from './setup-faults.js';

export type DispatchEffect = Extract<SandboxEffect, { type: 'dispatch' }>;

/** Codes of errors that become the code of the slice's failure. */
const FAILURE_CODES = ['FETCH_FAILED', 'ORIGIN_NOT_ALLOWED'] as const;

export interface BatchDeliveryPorts {
  blobs: BlobCache;
  jobBytes: JobBytes;
  send: (message: SupervisorToSandbox, transfer?: ArrayBuffer[]) => void;
  emit: (event: SandboxEventBody) => void;
}

export class BatchDelivery {
  readonly #ports: BatchDeliveryPorts;
  /** Set while a batch waits for its input; the batches behind it wait too. */
  #waiting: Promise<void> | undefined;
  /** Incremented when an input fails and at the end: what waited before is not sent. */
  #epoch = 0;

  constructor(ports: BatchDeliveryPorts) {
    this.#ports = ports;
  }

  /** Whether a batch waits for its input. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Sends the batch once its input is there and the batches before it are sent. The fetch starts at once. */
  add(effect: DispatchEffect, inputs: BatchInputs, lease: LeaseResources, job: FetchingJob): void {
    const checkpoint = lease.checkpointIn(effect.first, effect.count);
    const value = inputs.remote === undefined ? undefined : lease.fetches.get(inputs.remote, job);
    // It is awaited later, when the batches before it were sent.
    value?.catch(() => undefined);
    const epoch = this.#epoch;
    const isOver = (): boolean => epoch !== this.#epoch;
    const delivery = (this.#waiting ?? Promise.resolve())
      .then(() => this.#deliver({ ...effect, checkpoint }, inputs, value, job, isOver))
      .catch((error: unknown) => {
        if (!isOver()) this.#fail(effect.batch, error);
      })
      .finally(() => {
        if (this.#waiting === delivery) this.#waiting = undefined;
      });
    this.#waiting = delivery;
  }

  /** The sandbox has ended: nothing more is sent. */
  close(): void {
    this.#epoch++;
    this.#waiting = undefined;
  }

  async #deliver(
    { batch, reportEach, checkpoint }: DispatchEffect & { checkpoint: LeaseCheckpoint },
    inputs: BatchInputs,
    value: Promise<Uint8Array> | undefined,
    { jobId }: FetchingJob,
    isOver: () => boolean,
  ): Promise<void> {
    const { blobs, jobBytes, send, emit } = this.#ports;
    if (isOver()) return;
    const { blob: digest } = inputs;
    if (digest !== undefined) {
      const bytes = await blobs.get(digest, { onBytes: (count) => jobBytes.add(jobId, count) });
      if (isOver()) return;
      send({ type: 'blob', digest, bytes });
    }
    const filled = fillInputs(inputs, await value);
    if (isOver()) return;
    send({ type: 'run', batch, inputs: filled.inputs, reportEach, ...checkpoint }, filled.transfer);
    if (digest !== undefined || value !== undefined) emit({ type: 'input-ready', batch });
  }

  #fail(batch: number, error: unknown): void {
    this.close();
    const code = FAILURE_CODES.find((one) => isError(error, one));
    this.#ports.emit({
      type: 'input-failed',
      batch,
      fault: faultOf(error),
      message: messageOf(error),
      ...(code && { code }),
    });
  }
}
