/**
 * What the context of a canvas gathers beside its pixels, under the quota: its path, its stack of states, patterns,
 * gradients and measured texts.
 * @module
 */
import { pictureBytes } from './buffer-sizes.js';
import { Growth } from './growth.js';
import { limitPathCalls, limitPaths } from './path-quota.js';
import type { Quota } from './quota.js';
import { WeakTable } from './weak-table.js';
import { wrapMethod, wrapSetter, type AnyConstructor } from './wrap-native.js';

const { apply } = Reflect;
const arrayFrom = Array.from.bind(Array);
const { RangeError } = globalThis;

/** Measured in Chromium 156. */
const STATE_BYTES = 1_024;
const CLIP_BYTES = 256;
const DASH_BYTES = 16;
const STOP_BYTES = 64;
const PATTERN_BYTES = 1_024;
const MEASURE_BYTES = 4_096;
const MEASURED_LETTER_BYTES = 64;
/** Longer lists and texts are of no use in a drawing. */
const DASHES_MAX = 1_024;
const SETTING_LENGTH_MAX = 4_096;
const TEXT_LENGTH_MAX = 65_536;

/** One of a context's saved states, and what came with it. */
interface State {
  bytes: number;
  /** What each state that is saved from here copies. */
  copied: number;
  dashes: number;
  /** Kept, so that what they are counted by lives as long as they do. */
  fillStyle: unknown;
  strokeStyle: unknown;
  readonly below: State | undefined;
}

export function limitContexts(scope: Record<string, unknown>, quota: Quota): void {
  const paths = new Growth(quota);
  limitPaths(scope, paths);
  const prototypeOf = (name: string): object | undefined =>
    (scope[name] as AnyConstructor | undefined)?.prototype as object | undefined;
  const drawing = prototypeOf('OffscreenCanvasRenderingContext2D');
  if (drawing === undefined) return;
  limitPathCalls(drawing, paths);
  wrapMethod(drawing, 'beginPath', (native, self, args) => {
    const made = apply(native, self, args);
    paths.shrink(self as object, paths.sizeOf(self));
    return made;
  });
  limitStates(drawing, quota, paths);
  limitTexts(drawing, quota);
  wrapMethod(drawing, 'createPattern', (native, self, args) => {
    const [image, repetition] = args;
    const isPicture = typeof image === 'object' && image !== null;
    const bytes = PATTERN_BYTES + (isPicture ? (pictureBytes(image) ?? 0) : 0);
    quota.check(bytes);
    const made = apply(native, self, [image, repetition]) as object | null;
    if (made !== null) quota.hold(made, bytes);
    return made;
  });
  const stops = new Growth(quota);
  wrapMethod(prototypeOf('CanvasGradient'), 'addColorStop', (native, self, args) => {
    stops.grow(self, STOP_BYTES);
    return apply(native, self, args);
  });
}

function limitStates(drawing: object, quota: Quota, paths: Growth): void {
  const growth = new Growth(quota);
  const states = new WeakTable<State>();
  const stateOf = (self: unknown): State => {
    return states.get(self) ?? enter(self as object, undefined);
  };
  const enter = (self: object, below: State | undefined): State => {
    const state: State = {
      bytes: 0,
      copied: below?.copied ?? 0,
      dashes: below?.dashes ?? 0,
      fillStyle: below?.fillStyle,
      strokeStyle: below?.strokeStyle,
      below,
    };
    states.set(self, state);
    return state;
  };
  const grow = (self: unknown, state: State, bytes: number): void => {
    growth.grow(self, bytes);
    state.bytes += bytes;
  };
  wrapMethod(drawing, 'save', (native, self, args) => {
    const below = stateOf(self);
    const bytes = STATE_BYTES + below.copied;
    growth.grow(self, bytes);
    enter(self as object, below).bytes = bytes;
    return apply(native, self, args);
  });
  wrapMethod(drawing, 'restore', (native, self, args) => {
    const made = apply(native, self, args);
    const state = stateOf(self);
    if (state.below === undefined) return made;
    growth.shrink(self as object, state.bytes);
    states.set(self as object, state.below);
    return made;
  });
  wrapMethod(drawing, 'reset', (native, self, args) => {
    const made = apply(native, self, args);
    growth.shrink(self as object, growth.sizeOf(self));
    paths.shrink(self as object, paths.sizeOf(self));
    enter(self as object, undefined);
    return made;
  });
  wrapMethod(drawing, 'clip', (native, self, args) => {
    const state = stateOf(self);
    const isPath = typeof args[0] === 'object' && args[0] !== null;
    grow(self, state, CLIP_BYTES + paths.sizeOf(isPath ? args[0] : self));
    state.copied += CLIP_BYTES;
    return apply(native, self, args);
  });
  wrapMethod(drawing, 'setLineDash', (native, self, args) => {
    const dashes = arrayFrom(args[0] as unknown[]);
    if (dashes.length > DASHES_MAX) throw new RangeError(`A line has at most ${DASHES_MAX} dashes here`);
    const state = stateOf(self);
    const bytes = dashes.length * DASH_BYTES;
    if (bytes > state.dashes) {
      grow(self, state, bytes - state.dashes);
      state.copied += bytes - state.dashes;
      state.dashes = bytes;
    }
    return apply(native, self, [dashes]);
  });
  keepStyles(drawing, stateOf);
}

function keepStyles(drawing: object, stateOf: (self: unknown) => State): void {
  for (const name of ['fillStyle', 'strokeStyle'] as const) {
    wrapSetter(drawing, name, (self, value) => {
      stateOf(self)[name] = value;
      return value;
    });
  }
}

function limitTexts(drawing: object, quota: Quota): void {
  const text = (value: unknown, most: number): string => {
    const given = `${value as string}`;
    if (given.length > most) throw new RangeError(`This text may have at most ${most} letters here`);
    return given;
  };
  for (const name of ['filter', 'font', 'letterSpacing', 'wordSpacing'])
    wrapSetter(drawing, name, (_self, value) => text(value, SETTING_LENGTH_MAX));
  for (const name of ['fillText', 'strokeText']) {
    wrapMethod(drawing, name, (native, self, args) => {
      if (args.length > 0) args[0] = text(args[0], TEXT_LENGTH_MAX);
      return apply(native, self, args);
    });
  }
  wrapMethod(drawing, 'measureText', (native, self, args) => {
    const given = text(args[0], TEXT_LENGTH_MAX);
    const bytes = MEASURE_BYTES + given.length * MEASURED_LETTER_BYTES;
    quota.check(bytes);
    const made = apply(native, self, [given]) as object;
    quota.hold(made, bytes);
    return made;
  });
}
