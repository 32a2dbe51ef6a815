/**
 * Runs functions in later turns of the event loop, by a channel that job code cannot reach. Nested timers would be delayed
 * by the platform more and more.
 * @module
 */
import { NO_TRANSFER } from '../../lib/no-transfer.js';
import { LinkedQueue } from './linked-queue.js';

/** Returns a function that queues `run` for a later turn; queued functions run in order, one a turn. */
export function macrotaskQueue({ port1, port2 }: MessageChannel): (run: () => void) => void {
  const postTurn = port2.postMessage.bind(port2);
  const queued = new LinkedQueue<() => void>();
  port1.onmessage = () => queued.shift()?.();
  return (run) => {
    queued.push(run);
    postTurn(0, NO_TRANSFER);
  };
}
