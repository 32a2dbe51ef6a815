/**
 * Paths of drawings under the quota: what a path is made of lies outside the heap, and one call can double it.
 * @module
 */
import type { Growth } from './growth.js';
import { wrapConstructor, wrapMethod, type AnyConstructor } from './wrap-native.js';

const { apply, construct } = Reflect;

/** What a call adds to its path at most, measured in Chromium 156. */
const CALL_BYTES = {
  moveTo: 16, lineTo: 16, closePath: 16, rect: 64, quadraticCurveTo: 32, bezierCurveTo: 32, arcTo: 128, arc: 160,
  ellipse: 192, roundRect: 256,
} as const; // prettier-ignore
const PATH_BYTES = 768;
/** A letter of a path's text stands for so much at most. */
const LETTER_BYTES = 8;

/** Counts calls on `holder`, the prototype of what has a path. */
export function limitPathCalls(holder: object | undefined, paths: Growth): void {
  for (const [name, bytes] of Object.entries(CALL_BYTES)) {
    wrapMethod(holder, name, (native, self, args) => {
      paths.grow(self, bytes);
      return apply(native, self, args);
    });
  }
}

export function limitPaths(scope: Record<string, unknown>, paths: Growth): void {
  const Native = scope['Path2D'] as AnyConstructor | undefined;
  if (Native === undefined) return;
  wrapConstructor(scope, 'Path2D', Native, (args) => {
    const [from] = args;
    const isPath = typeof from === 'object' && from !== null && paths.sizeOf(from) > 0;
    const given = isPath || from === undefined ? from : `${from as string}`;
    const bytes = typeof given === 'string' ? given.length * LETTER_BYTES : paths.sizeOf(given);
    const made = construct(Native, given === undefined ? [] : [given]) as object;
    paths.grow(made, PATH_BYTES + bytes);
    return made;
  });
  const prototype = Native.prototype as object;
  limitPathCalls(prototype, paths);
  wrapMethod(prototype, 'addPath', (native, self, args) => {
    paths.grow(self, paths.sizeOf(args[0]));
    return apply(native, self, args);
  });
}
