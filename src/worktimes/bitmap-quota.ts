/**
 * `createImageBitmap` under the quota: its pixels are counted before they are made. How many a compressed picture has
 * is known only once it is decoded, so such pictures are decoded one after another.
 * @module
 */
import { pictureBytes } from './buffer-sizes.js';
import { LinkedQueue } from './linked-queue.js';
import type { Quota } from './quota.js';
import { methodOf, wrapMethod } from './wrap-native.js';

const { apply } = Reflect;
const { abs } = Math;
const { create } = Object;
const { Promise, RangeError } = globalThis;
const NUMBER = Number;
const then = methodOf(Promise.prototype, 'then');
const PIXEL_BYTES = 4;
const OPTIONS = ['imageOrientation', 'premultiplyAlpha', 'colorSpaceConversion', 'resizeQuality'] as const;

export function limitBitmaps(scope: Record<string, unknown>, quota: Quota): void {
  const enqueue = makeQueue();
  wrapMethod(scope, 'createImageBitmap', (native, _self, args) => {
    const source = args[0];
    const isPicture = typeof source === 'object' && source !== null && pictureBytes(source) !== undefined;
    const { given, bytes } = readCall(args);
    const make = (): unknown => {
      const done = quota.reserve(bytes > 0 || !isPicture ? bytes : pictureBytes(source)!);
      return apply(then, apply(native, undefined, given), [
        (made: object) => {
          done();
          quota.hold(made, pictureBytes(made) ?? 0);
          return made;
        },
        (error: unknown) => {
          done();
          throw error;
        },
      ]);
    };
    return isPicture ? make() : enqueue(make);
  });
}

/** The call's arguments, each read once, and the bytes that they ask for; 0 where they leave it to the source. */
function readCall(args: unknown[]): { given: unknown[]; bytes: number } {
  const isCut = args.length >= 5;
  const { options, bytes } = readOptions(args[isCut ? 5 : 1]);
  if (!isCut) return { given: [args[0], options], bytes };
  const [x, y, width, height] = [NUMBER(args[1]), NUMBER(args[2]), NUMBER(args[3]), NUMBER(args[4])];
  const cut = abs(width) * abs(height) * PIXEL_BYTES;
  return { given: [args[0], x, y, width, height, options], bytes: bytes > cut ? bytes : cut };
}

function readOptions(given: unknown): { options: object; bytes: number } {
  const options = create(null) as Record<string, unknown>;
  if (typeof given !== 'object' || given === null) return { options, bytes: 0 };
  const from = given as Record<string, unknown>;
  for (let i = 0; i < OPTIONS.length; i++) {
    const value = from[OPTIONS[i]!];
    if (value !== undefined) options[OPTIONS[i]!] = `${value as string}`;
  }
  const { resizeWidth, resizeHeight } = from;
  if (resizeWidth === undefined && resizeHeight === undefined) return { options, bytes: 0 };
  if (resizeWidth === undefined || resizeHeight === undefined)
    throw new RangeError('Say both resizeWidth and resizeHeight here');
  const [width, height] = [NUMBER(resizeWidth), NUMBER(resizeHeight)];
  options['resizeWidth'] = width;
  options['resizeHeight'] = height;
  return { options, bytes: abs(width) * abs(height) * PIXEL_BYTES };
}

/** One call at a time. */
function makeQueue(): (make: () => unknown) => unknown {
  /** The first of them is at work. */
  const calls = new LinkedQueue<() => void>();
  const advance = (): void => {
    calls.shift();
    calls.first?.();
  };
  return (make) =>
    new Promise((resolve, reject) => {
      const start = (): void => {
        try {
          apply(then, make(), [
            (made: unknown) => {
              resolve(made);
              advance();
            },
            (error: unknown) => {
              reject(error);
              advance();
            },
          ]);
        } catch (error) {
          reject(error);
          advance();
        }
      };
      const isAlone = calls.isEmpty;
      calls.push(start);
      if (isAlone) start();
    });
}
