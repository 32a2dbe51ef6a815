/**
 * Refusals of values that cannot be encoded. A refusal is thrown where the problem is, and each container adds its key while
 * the stack unwinds, so that no path has to be kept while encoding.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

/** Internal to the value writer; `toError` turns it into the coded error. */
export class ValueRefusal extends Error {
  /** Innermost first. */
  readonly keys: string[] = [];

  constructor(
    readonly reason: 'not-cloneable' | 'too-large',
    /** What was refused: `function`, `Promise`, a class name, or the name of a limit. */
    readonly type: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** The coded error for callers, with the path from the root `$`. */
  toError(): ManyhandsError {
    const path = `$${[...this.keys].reverse().join('')}`;
    const options = this.cause === undefined ? undefined : { cause: this.cause };
    if (this.reason === 'too-large') {
      return new ManyhandsError(
        'VALUE_TOO_LARGE',
        `${path}: ${this.message}`,
        { path, limit: this.type },
        options,
      );
    }
    return new ManyhandsError(
      'VALUE_NOT_CLONEABLE',
      `${path}: ${this.message}`,
      { path, type: this.type },
      options,
    );
  }
}

/** Adds a container's key to a refusal. Anything else that was thrown comes from a getter, a proxy or a serializer. */
export function refusalAt(thrown: unknown, key: string): ValueRefusal {
  const refusal = thrown instanceof ValueRefusal ? thrown : foreignRefusal(thrown);
  refusal.keys.push(key);
  return refusal;
}

/** The refusal for an error that the value's own code threw while it was read. */
export function foreignRefusal(thrown: unknown): ValueRefusal {
  if (thrown instanceof ValueRefusal) return thrown;
  return new ValueRefusal('not-cloneable', 'throws', `reading it threw: ${textOf(thrown)}`, {
    cause: thrown,
  });
}

/** A property's step in a path: `.name` or `["other name"]`. */
export function keyStep(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return 'something that has no text';
  }
}
