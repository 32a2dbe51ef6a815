/**
 * Keeps the process running while it computes jobs of its own: connections in memory, and the threads of idle sandboxes, do not.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';
import type { Connection } from './transport.js';

/** Interval at which the end of the work is looked for, milliseconds. */
const CHECK_MS = 50;
/** Checks in a row that found no work: between two leases there is none for a moment. */
const IDLE_CHECKS = 3;

export interface KeepAlive {
  /** Keeps the process running until the connection is closed and the work of that time is done. */
  during(connection: Connection): Connection;
}

/**
 * @param clock its timers keep the process running
 * @param isWorking whether the process computes
 */
export function keepAlive(clock: Clock, isWorking: () => boolean): KeepAlive {
  let open = 0;
  let idle = 0;
  let timer: CancelTimer | undefined;
  const check = (): void => {
    idle = open > 0 || isWorking() ? 0 : idle + 1;
    timer = idle < IDLE_CHECKS ? clock.after(CHECK_MS, check) : undefined;
  };
  const opened = (): void => {
    open++;
    idle = 0;
    timer ??= clock.after(CHECK_MS, check);
  };
  return {
    during(connection) {
      opened();
      return {
        peer: connection.peer,
        get bufferedBytes() {
          return connection.bufferedBytes;
        },
        send: (bytes) => connection.send(bytes),
        close: (code, reason) => connection.close(code, reason),
        pause: () => connection.pause(),
        resume: () => connection.resume(),
        handle: (handlers) =>
          connection.handle({
            ...handlers,
            close(info) {
              open--;
              handlers.close(info);
            },
          }),
      };
    },
  };
}
