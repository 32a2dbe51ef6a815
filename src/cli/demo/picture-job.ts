/**
 * The JavaScript job: the Mandelbrot set in tiles, put together into a PNG.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { encode } from 'fast-png';
import { computeFor } from '../../entry/deployer.node.js';
import { showProgress } from './progress-bar.js';

const WIDTH = 1_200;
const HEIGHT = 800;
const TILE = 40;
const ITERATIONS = 1_500;

interface Tile {
  x: number;
  y: number;
}

interface View {
  width: number;
  height: number;
  tile: number;
  iterations: number;
}

export interface Picture {
  file: string;
  width: number;
  height: number;
  slices: number;
}

/** Renders the tiles of the picture and writes it to `out`. */
export async function runPictureJob(out: string): Promise<Picture> {
  const tiles: Tile[] = [];
  for (let y = 0; y < HEIGHT; y += TILE) for (let x = 0; x < WIDTH; x += TILE) tiles.push({ x, y });
  const view = { width: WIDTH, height: HEIGHT, tile: TILE, iterations: ITERATIONS };
  const job = computeFor(tiles, renderTile, [view]);
  job.public = { name: 'Mandelbrot', description: 'A picture, tile by tile', link: null };
  const pixels = new Uint8Array(WIDTH * HEIGHT * 3);
  const finish = showProgress('Mandelbrot (JavaScript)', job, tiles.length);
  try {
    const rendered = await job.exec();
    rendered.forEach((tile, i) => paste(pixels, tiles[i]!, tile));
  } finally {
    finish();
  }
  const file = resolve(out);
  await writeFile(file, encode({ width: WIDTH, height: HEIGHT, data: pixels, channels: 3, depth: 8 }));
  console.log(`  wrote ${file}`);
  return { file, width: WIDTH, height: HEIGHT, slices: tiles.length };
}

function paste(pixels: Uint8Array, { x, y }: Tile, tile: Uint8Array): void {
  for (let row = 0; row < TILE; row++) {
    pixels.set(tile.subarray(row * TILE * 3, (row + 1) * TILE * 3), ((y + row) * WIDTH + x) * 3);
  }
}

/** The work function: it travels as source, so everything that it needs is inside it. */
function renderTile({ x, y }: Tile, { width, height, tile, iterations }: View): Uint8Array {
  const rgb = new Uint8Array(tile * tile * 3);
  for (let py = 0; py < tile; py++) {
    for (let px = 0; px < tile; px++) {
      const cr = ((x + px) / width) * 3 - 2.15;
      const ci = ((y + py) / height) * 2 - 1;
      let zr = 0;
      let zi = 0;
      let n = 0;
      while (n < iterations && zr * zr + zi * zi < 256) {
        const next = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = next;
        n++;
      }
      // Colours by the smoothed number of steps until the point is far out; what never gets there is black.
      const depth = n === iterations ? 0 : n + 1 - Math.log2(Math.log2(zr * zr + zi * zi) / 2);
      const t = depth === 0 ? 0 : 0.5 - 0.5 * Math.cos(Math.log2(1 + depth) * 1.1);
      const at = (py * tile + px) * 3;
      rgb[at] = 255 * Math.min(1, t * t * 1.3);
      rgb[at + 1] = 255 * (depth === 0 ? 0 : 0.08 + 0.8 * t ** 1.5);
      rgb[at + 2] = 255 * (depth === 0 ? 0.02 : 0.25 + 0.7 * Math.sin(Math.PI * t * 0.7));
    }
  }
  return rgb;
}
