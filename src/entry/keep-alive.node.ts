/**
 * Keeps the process running while it computes jobs of its own: connections in memory, and the threads of idle sandboxes, do not.
 * @module
 */
import type { Connection } from '../transport/transport.js';

/** Interval at which the end of the work is looked for, milliseconds. */
const CHECK_MS = 50;
/** Checks in a row that found no work: between two leases there is none for a moment. */
const IDLE_CHECKS = 3;

export interface KeepAlive {
  /** Keeps the process running until the connection is closed and the work of that time is done. */
  during(connection: Connection): Connection;
}

/** @param isWorking whether the process computes */
export function keepAlive(isWorking: () => boolean): KeepAlive {
  let open = 0;
  let idle = 0;
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    idle = open > 0 || isWorking() ? 0 : idle + 1;
    if (idle < IDLE_CHECKS) return;
    clearInterval(timer);
    timer = undefined;
  };
  const opened = (): void => {
    open++;
    idle = 0;
    timer ??= setInterval(check, CHECK_MS);
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
