/** Resolves after so many milliseconds. */
export function lasting(ms: number): Promise<void>;
