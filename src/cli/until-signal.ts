/**
 * Waiting for Ctrl-C (SIGINT) or SIGTERM. A second one ends the process at once.
 * @module
 */
const EXIT_INTERRUPTED = 130;

/** Resolves with the first signal's name; from then on a second one ends the process. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (++count > 1) process.exit(EXIT_INTERRUPTED);
      resolve(signal);
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
}
