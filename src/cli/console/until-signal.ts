/**
 * Waits for Ctrl-C (SIGINT) or SIGTERM. A second signal ends the process immediately or calls a function.
 * @module
 */
const EXIT_INTERRUPTED = 130;

/**
 * Resolves with the name of the first signal. The second signal ends the process; if `onSecond` is given, it calls that
 * function and sets the exit code, and the third signal ends the process.
 */
export function untilSignal(onSecond?: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      count++;
      if (count > (onSecond === undefined ? 1 : 2)) process.exit(EXIT_INTERRUPTED);
      if (count === 1) return resolve(signal);
      process.exitCode = EXIT_INTERRUPTED;
      onSecond?.();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
}
