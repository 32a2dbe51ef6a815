/**
 * What the process does when the reader of its standard output has closed it, as `| head` does: it ends, unless a command has
 * work to undo first.
 * @module
 */
let onClosed: () => void = () => process.exit();

/** Handles errors of standard output. Called once, at the start of the process. */
export function watchStandardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    onClosed();
  });
}

/** Replaces the end of the process by `handler`, which may be called several times. */
export function handleClosedPipe(handler: () => void): void {
  onClosed = handler;
}
