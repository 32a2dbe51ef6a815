/**
 * Pixels under the quota: canvases, images and what is read out of them. A canvas draws by the processor only: what a
 * graphics card holds or how long it is busy cannot be bounded from here.
 * @module
 */
import { limitBitmaps } from './bitmap-quota.js';
import { blobBytes, settle } from './blob-quota.js';
import { allocatedBytes, bufferOf, pictureBytes } from './buffer-sizes.js';
import { limitContexts } from './context-quota.js';
import type { Quota } from './quota.js';
import {
  getterOf,
  wrapConstructor,
  wrapMethod,
  wrapSetter,
  type AnyConstructor,
  type AnyMethod,
} from './wrap-native.js';

const { apply, construct } = Reflect;
const { abs } = Math;
const NUMBER = Number;
const PIXEL_BYTES = 4;
/** What a canvas and its context take without a pixel. */
const CANVAS_BYTES = 32_768;
const SIZES_MAX = 2 ** 31;

export function limitDrawings(scope: Record<string, unknown>, quota: Quota): void {
  limitCanvas(scope, quota);
  limitImageData(scope, quota);
  limitContexts(scope, quota);
  limitBitmaps(scope, quota);
}

/** Bytes of so many pixels. Throws a RangeError where they are too many. */
function area(quota: Quota, width: unknown, height: unknown): number {
  const bytes = abs(NUMBER(width)) * abs(NUMBER(height)) * PIXEL_BYTES;
  if (!(bytes > 0)) return 0;
  quota.check(bytes);
  return bytes;
}

/** The pixels may be kept without their ImageData, so it is their buffer that is counted. */
function limitImageData(scope: Record<string, unknown>, quota: Quota): void {
  const Image = scope['ImageData'] as AnyConstructor | undefined;
  if (Image === undefined) return;
  const dataOf = getterOf(Image.prototype as object, 'data');
  const hold = (made: object): object => {
    const buffer = bufferOf(apply(dataOf, made, []) as object)!;
    quota.hold(buffer, allocatedBytes(buffer) ?? 0);
    return made;
  };
  wrapConstructor(scope, 'ImageData', Image, (args) => {
    if (typeof args[0] === 'object')
      return construct(Image, [args[0], args[1], args[2], imageSettings(args[3])]) as object;
    const given = [NUMBER(args[0]), NUMBER(args[1]), imageSettings(args[2])];
    area(quota, given[0], given[1]);
    return hold(construct(Image, given) as object);
  });
  const Drawing = scope['OffscreenCanvasRenderingContext2D'] as AnyConstructor | undefined;
  const drawing = Drawing?.prototype as object | undefined;
  wrapMethod(drawing, 'getImageData', (native, self, args) => {
    const [x, y, width, height] = [NUMBER(args[0]), NUMBER(args[1]), NUMBER(args[2]), NUMBER(args[3])];
    area(quota, width, height);
    return hold(apply(native, self, [x, y, width, height, imageSettings(args[4])]) as object);
  });
  wrapMethod(drawing, 'createImageData', (native, self, args) => {
    const [first] = args;
    if (typeof first === 'object' && first !== null) {
      quota.check(pictureBytes(first) ?? 0);
      return hold(apply(native, self, [first]) as object);
    }
    const given = [NUMBER(first), NUMBER(args[1]), imageSettings(args[2])];
    area(quota, given[0], given[1]);
    return hold(apply(native, self, given) as object);
  });
}

/** Pixels of more than four bytes are not made here. */
function imageSettings(given: unknown): object {
  if (typeof given !== 'object' || given === null) return {};
  const { colorSpace } = given as { colorSpace?: unknown };
  return colorSpace === undefined ? {} : { colorSpace: `${colorSpace as string}` };
}

function limitCanvas(scope: Record<string, unknown>, quota: Quota): void {
  const Canvas = scope['OffscreenCanvas'] as AnyConstructor | undefined;
  if (Canvas === undefined) return;
  const prototype = Canvas.prototype as object;
  const [width, height] = [getterOf(prototype, 'width'), getterOf(prototype, 'height')];
  wrapConstructor(scope, 'OffscreenCanvas', Canvas, (args) => {
    const given = [NUMBER(args[0]), NUMBER(args[1])];
    const bytes = area(quota, given[0], given[1]) + CANVAS_BYTES;
    quota.check(bytes);
    const made = construct(Canvas, given) as object;
    quota.hold(made, bytes);
    return made;
  });
  const resize = (self: unknown, value: unknown, other: AnyMethod): number => {
    const size = NUMBER(value) % SIZES_MAX;
    const bytes = area(quota, size, apply(other, self, []));
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
  wrapMethod(prototype, 'convertToBlob', (native, self, args) => {
    const done = quota.reserve((pictureBytes(self as object) ?? 0) * 2);
    return settle(apply(native, self, args), done, (made) => {
      if (typeof made === 'object' && made !== null) quota.hold(made, blobBytes(made));
    });
  });
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
