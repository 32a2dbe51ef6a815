/**
 * The batches that a sandbox has received and not started, each with the blobs that arrived before it.
 * @module
 */
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { LinkedQueue } from '../realm/linked-queue.js';
import type { ReceivedBatch } from './run-batch.js';

const { Map } = globalThis;

export class BatchQueue {
  readonly #batches = new LinkedQueue<ReceivedBatch>();
  /** Blobs for the batch that arrives next, by digest. */
  #blobs = new Map<string, Uint8Array>();

  get isEmpty(): boolean {
    return this.#batches.isEmpty;
  }

  addBlob({ digest, bytes }: Extract<SupervisorToSandbox, { type: 'blob' }>): void {
    this.#blobs.set(digest, bytes);
  }

  push(run: Extract<SupervisorToSandbox, { type: 'run' }>): void {
    this.#batches.push({ run, blobs: this.#blobs });
    this.#blobs = new Map();
  }

  next(): ReceivedBatch | undefined {
    return this.#batches.shift();
  }
}
