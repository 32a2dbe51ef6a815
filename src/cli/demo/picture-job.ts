/**
 * The JavaScript job: renders a part of the Mandelbrot set (the seahorse valley) in tiles and combines them into a PNG.
 * @module
 */
import { encode } from 'fast-png';
import { computeFor, type Job } from '../../entry/deployer.node.js';
import type { PictureFile } from './picture-file.js';
import type { ProgressDisplay } from './progress-display.js';
import { runShown } from './run-shown.js';

const WIDTH = 1_200;
const HEIGHT = 800;
const TILE = 40;

interface Tile {
  x: number;
  y: number;
}

/** The shown part and its colours: the argument of the job. */
interface View {
  width: number;
  height: number;
  tile: number;
  /** The centre of the picture in the complex plane, and its width there. */
  centre: { re: number; im: number };
  span: number;
  /** Iterations after which a point counts as in the set. */
  iterations: number;
  /** Colour stops from the outside inwards; the palette repeats. */
  palette: { at: number; rgb: number[] }[];
}

const VIEW: View = {
  width: WIDTH,
  height: HEIGHT,
  tile: TILE,
  centre: { re: -0.74375, im: 0.13145 },
  span: 0.0031,
  iterations: 1_200,
  palette: [
    { at: 0, rgb: [2, 6, 36] },
    { at: 0.18, rgb: [12, 44, 120] },
    { at: 0.4, rgb: [40, 120, 200] },
    { at: 0.58, rgb: [240, 225, 190] },
    { at: 0.75, rgb: [250, 178, 40] },
    { at: 0.9, rgb: [150, 52, 8] },
    { at: 1, rgb: [2, 6, 36] },
  ],
};

export interface Picture {
  width: number;
  height: number;
  slices: number;
}

export interface PictureOptions {
  /** Factor of width and height. @default 1 */
  times?: number;
  /** @default 'Mandelbrot (JavaScript)' */
  title?: string;
  /** Called with the job before it is deployed. */
  prepare?: (job: Job<Uint8Array>) => void;
}

/** Renders the tiles of the picture and writes it to `file`. */
export async function runPictureJob(
  file: PictureFile,
  display: ProgressDisplay,
  signal: AbortSignal,
  { times = 1, title = 'Mandelbrot (JavaScript)', prepare }: PictureOptions = {},
): Promise<Picture> {
  const [width, height] = [WIDTH * times, HEIGHT * times];
  const tiles: Tile[] = [];
  for (let y = 0; y < height; y += TILE) for (let x = 0; x < width; x += TILE) tiles.push({ x, y });
  const job = computeFor(tiles, renderTile, [{ ...VIEW, width, height }]);
  job.public = { name: 'Mandelbrot', description: 'A picture, tile by tile', link: null };
  prepare?.(job);
  const rendered = await runShown({ title, job, slices: tiles.length, display, signal });
  const pixels = new Uint8Array(width * height * 3);
  rendered.forEach((tile, i) => paste(pixels, width, tiles[i]!, tile));
  await file.write(encode({ width, height, data: pixels, channels: 3, depth: 8 }));
  return { width, height, slices: tiles.length };
}

function paste(pixels: Uint8Array, width: number, { x, y }: Tile, tile: Uint8Array): void {
  for (let row = 0; row < TILE; row++) {
    pixels.set(tile.subarray(row * TILE * 3, (row + 1) * TILE * 3), ((y + row) * width + x) * 3);
  }
}

/**
 * The work function. It is sent as source, so it contains everything that it needs. Each pixel is the mean of four
 * points.
 */
export function renderTile({ x, y }: Tile, view: View): Uint8Array {
  const { width, height, tile, centre, span, iterations, palette } = view;

  /** The smoothed iteration count of a point; 0 for a point in the set. */
  function depth(cr: number, ci: number): number {
    let zr = 0;
    let zi = 0;
    for (let n = 0; n < iterations; n++) {
      const rr = zr * zr;
      const ii = zi * zi;
      if (rr + ii > 256) return n + 1 - Math.log2(Math.log2(rr + ii) / 2);
      zi = 2 * zr * zi + ci;
      zr = rr - ii + cr;
    }
    return 0;
  }

  function addColour(sum: number[], deep: number): void {
    const turn = Math.log2(deep) * 0.42 - 0.95;
    const t = turn - Math.floor(turn);
    const next = palette.findIndex(({ at }) => at >= t);
    const to = palette[Math.max(1, next)]!;
    const from = palette[Math.max(1, next) - 1]!;
    const part = (t - from.at) / (to.at - from.at);
    const smooth = part * part * (3 - 2 * part);
    for (let c = 0; c < 3; c++) sum[c]! += from.rgb[c]! + (to.rgb[c]! - from.rgb[c]!) * smooth;
  }

  const step = span / width;
  const rgb = new Uint8Array(tile * tile * 3);
  for (let py = 0; py < tile; py++) {
    for (let px = 0; px < tile; px++) {
      const sum = [0, 0, 0];
      for (const [dx, dy] of [
        [0, 0],
        [0.5, 0],
        [0, 0.5],
        [0.5, 0.5],
      ] as const) {
        const re = centre.re + (x + px + dx - width / 2) * step;
        const im = centre.im - (y + py + dy - height / 2) * step;
        const deep = depth(re, im);
        if (deep > 0) addColour(sum, deep);
      }
      for (let c = 0; c < 3; c++) rgb[(py * tile + px) * 3 + c] = sum[c]! / 4;
    }
  }
  return rgb;
}
