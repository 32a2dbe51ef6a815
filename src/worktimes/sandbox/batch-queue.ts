/**
 * The batches that a sandbox was sent and has not begun, each with the blobs that came before it.
 * @module
 */
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { LinkedQueue } from '../realm/linked-queue.js';
import type { Batch } from './run-batch.js';

const { Map } = globalThis;

export class BatchQueue {
  readonly #batches = new LinkedQueue<Batch>();
  /** For the batch that comes next. */
  #blobs = new Map<string, Uint8Array>();

  get isEmpty(): boolean {
    return this.#batches.isEmpty;
  }

  blob({ digest, bytes }: Extract<SupervisorToSandbox, { type: 'blob' }>): void {
    this.#blobs.set(digest, bytes);
  }

  push(run: Extract<SupervisorToSandbox, { type: 'run' }>): void {
    this.#batches.push({ run, blobs: this.#blobs });
    this.#blobs = new Map();
  }

  next(): Batch | undefined {
    return this.#batches.shift();
  }
}
