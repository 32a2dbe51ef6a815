/**
 * `Intl` under the quota: a formatter's tables, and the texts that a segmenter copies, lie outside the heap.
 * @module
 */
import type { Quota } from './quota.js';
import { methodOf, wrapConstructor, wrapMethod, type AnyConstructor } from './wrap-native.js';

const { apply, construct, getPrototypeOf } = Reflect;
const { iterator } = Symbol;

/** What one takes, and twice as much in case it is used; measured in Chromium 156. */
const BYTES: Readonly<Record<string, number>> = { DateTimeFormat: 98_304, Locale: 2_048 };
const BYTES_DEFAULT = 16_384;
const LETTER_BYTES = 16;
/** Those that make one also when they are only called. */
const CALLABLE = new Set(['Collator', 'DateTimeFormat', 'NumberFormat']);

export function limitIntl(scope: Record<string, unknown>, quota: Quota): void {
  const intl = scope['Intl'] as Record<string, unknown> | undefined;
  if (intl === undefined) return;
  for (const name of Reflect.ownKeys(intl)) {
    const Native = typeof name === 'string' ? (intl[name] as AnyConstructor) : undefined;
    if (typeof name !== 'string' || typeof Native !== 'function' || Native.prototype === undefined) continue;
    const bytes = BYTES[name] ?? BYTES_DEFAULT;
    wrapConstructor(
      intl,
      name,
      Native,
      (args) => {
        quota.check(bytes);
        const made = construct(Native, args) as object;
        quota.hold(made, bytes);
        return made;
      },
      { callable: CALLABLE.has(name) },
    );
  }
  limitSegments(intl, quota);
}

function limitSegments(intl: Record<string, unknown>, quota: Quota): void {
  const Segmenter = intl['Segmenter'] as AnyConstructor | undefined;
  let isKnown = false;
  wrapMethod(Segmenter?.prototype as object | undefined, 'segment', (native, self, args) => {
    const text = `${args[0] as string}`;
    const bytes = BYTES_DEFAULT + text.length * LETTER_BYTES;
    quota.check(bytes);
    const made = apply(native, self, [text]) as object;
    quota.hold(made, bytes);
    if (isKnown) return made;
    isKnown = true;
    // Its prototype has no name, and nobody has seen it before.
    const prototype = getPrototypeOf(made)!;
    const iterate = methodOf(prototype, iterator as unknown as string);
    Object.defineProperty(prototype, iterator, {
      value: {
        [iterator](this: unknown): unknown {
          quota.check(BYTES_DEFAULT);
          const found = apply(iterate, this, []) as object;
          quota.hold(found, BYTES_DEFAULT);
          return found;
        },
      }[iterator],
      configurable: true,
      writable: true,
      enumerable: false,
    });
    return made;
  });
}
