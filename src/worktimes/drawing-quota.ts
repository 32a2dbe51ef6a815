/**
 * Pixels under the quota: canvases, images and what is read out of them. A canvas draws by the processor only: what a
 * graphics card holds or how long it is busy cannot be bounded from here.
 * @module
 */
import { limitBitmaps } from './bitmap-quota.js';
import { pictureBytes } from './buffer-sizes.js';
import type { Quota } from './quota.js';
import { wrapConstructor, wrapMethod, wrapSetter, type AnyConstructor } from './wrap-native.js';

const { apply, construct, getOwnPropertyDescriptor } = Reflect;
const { abs } = Math;
const NUMBER = Number;
const PIXEL_BYTES = 4;
const SIZES_MAX = 2 ** 31;

export function limitDrawings(scope: Record<string, unknown>, quota: Quota): void {
  const area = (width: unknown, height: unknown): number => {
    const bytes = abs(NUMBER(width)) * abs(NUMBER(height)) * PIXEL_BYTES;
    if (bytes > 0) quota.check(bytes);
    return bytes > 0 ? bytes : 0;
  };
  limitCanvas(scope, quota, area);
  const Image = scope['ImageData'] as AnyConstructor | undefined;
  if (Image !== undefined) {
    wrapConstructor(scope, 'ImageData', Image, (args, newTarget) => {
      const given = typeof args[0] === 'object' ? args : [NUMBER(args[0]), NUMBER(args[1]), args[2]];
      const bytes = typeof args[0] === 'object' ? 0 : area(given[0], given[1]);
      const made = construct(Image, given, newTarget) as object;
      if (bytes > 0) quota.hold(made, bytes);
      return made;
    });
  }
  limitBitmaps(scope, quota);
}

function limitCanvas(
  scope: Record<string, unknown>,
  quota: Quota,
  area: (width: unknown, height: unknown) => number,
): void {
  const Canvas = scope['OffscreenCanvas'] as AnyConstructor | undefined;
  if (Canvas === undefined) return;
  const prototype = Canvas.prototype as object;
  const read = (name: string): ((this: unknown) => unknown) =>
    getOwnPropertyDescriptor(prototype, name)!.get!;
  const [width, height] = [read('width'), read('height')];
  wrapConstructor(scope, 'OffscreenCanvas', Canvas, (args, newTarget) => {
    const given = [NUMBER(args[0]), NUMBER(args[1])];
    const bytes = area(given[0], given[1]);
    const made = construct(Canvas, given, newTarget) as object;
    quota.hold(made, bytes);
    return made;
  });
  const resize = (self: unknown, value: unknown, other: () => unknown): number => {
    const size = NUMBER(value) % SIZES_MAX;
    const bytes = area(size, apply(other, self, []));
    if (bytes > 0) quota.hold(self as object, bytes);
    return size;
  };
  wrapSetter(prototype, 'width', (self, value) => resize(self, value, height));
  wrapSetter(prototype, 'height', (self, value) => resize(self, value, width));
  wrapMethod(prototype, 'getContext', (native, self, args) =>
    args[0] === '2d' ? apply(native, self, ['2d', softwareOptions(args[1])]) : null,
  );
  wrapMethod(prototype, 'transferToImageBitmap', (native, self, args) => {
    const bytes = pictureBytes(self as object) ?? 0;
    quota.check(bytes);
    const made = apply(native, self, args) as object;
    quota.hold(made, bytes);
    return made;
  });
  const Drawing = scope['OffscreenCanvasRenderingContext2D'] as AnyConstructor | undefined;
  for (const [name, at] of [
    ['getImageData', 2],
    ['createImageData', 0],
  ] as const) {
    wrapMethod(Drawing?.prototype as object | undefined, name, (native, self, args) => {
      const isSize = typeof args[at] !== 'object';
      if (isSize) {
        args[at] = NUMBER(args[at]);
        args[at + 1] = NUMBER(args[at + 1]);
      }
      const bytes = isSize ? area(args[at], args[at + 1]) : 0;
      const made = apply(native, self, args) as object;
      if (bytes > 0) quota.hold(made, bytes);
      return made;
    });
  }
}

function softwareOptions(given: unknown): object {
  const { alpha, colorSpace } = (typeof given === 'object' && given !== null ? given : {}) as {
    alpha?: boolean;
    colorSpace?: string;
  };
  return {
    willReadFrequently: true,
    ...(alpha === undefined ? {} : { alpha }),
    ...(colorSpace === undefined ? {} : { colorSpace }),
  };
}
