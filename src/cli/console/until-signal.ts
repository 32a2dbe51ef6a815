/**
 * Waiting for Ctrl-C (SIGINT) or SIGTERM. A second one ends the process at once, or hurries what ends it.
 * @module
 */
const EXIT_INTERRUPTED = 130;

/**
 * Resolves with the first signal's name; from then on a second one ends the process. Where `hurry` is given, the second
 * one calls it, sets the exit code and leaves the end to it; a third one ends the process.
 */
export function untilSignal(hurry?: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      count++;
      if (count > (hurry === undefined ? 1 : 2)) process.exit(EXIT_INTERRUPTED);
      if (count === 1) return resolve(signal);
      process.exitCode = EXIT_INTERRUPTED;
      hurry?.();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
}
