/**
 * The batches that a sandbox was sent and has not begun, each with the blobs that came before it.
 * @module
 */
import type { SupervisorToSandbox } from '../protocol/sandbox-messages.js';
import type { Batch } from './run-batch.js';

/** A batch and the one behind it: methods of arrays can be tampered with. */
interface Waiting {
  readonly batch: Batch;
  next: Waiting | undefined;
}

const { Map } = globalThis;

export class BatchQueue {
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  /** For the batch that comes next. */
  #blobs = new Map<string, Uint8Array>();

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  blob({ digest, bytes }: Extract<SupervisorToSandbox, { type: 'blob' }>): void {
    this.#blobs.set(digest, bytes);
  }

  push(run: Extract<SupervisorToSandbox, { type: 'run' }>): void {
    const added: Waiting = { batch: { run, blobs: this.#blobs }, next: undefined };
    if (this.#first === undefined) this.#first = added;
    else this.#last!.next = added;
    this.#last = added;
    this.#blobs = new Map();
  }

  next(): Batch | undefined {
    const found = this.#first;
    this.#first = found?.next;
    return found?.batch;
  }
}
