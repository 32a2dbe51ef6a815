/**
 * Later turns of the event loop, by a channel that job code never sees; timers would wait longer the deeper they nest.
 * @module
 */
import { NO_TRANSFER } from '../../lib/no-transfer.js';
import { LinkedQueue } from './linked-queue.js';

/** Gives what calls each function that it is handed in a later turn, in the order in which they come. */
export function laterTurns({ port1, port2 }: MessageChannel): (run: () => void) => void {
  const postTurn = port2.postMessage.bind(port2);
  const waiting = new LinkedQueue<() => void>();
  port1.onmessage = () => waiting.shift()?.();
  return (run) => {
    waiting.push(run);
    postTurn(0, NO_TRANSFER);
  };
}
