import { expect, it } from 'vitest';
import { renderTile } from './picture-job.js';

const view = {
  width: 4,
  height: 4,
  tile: 4,
  centre: { re: -0.5, im: 0 },
  span: 4,
  iterations: 100,
  palette: [
    { at: 0, rgb: [10, 20, 30] },
    { at: 1, rgb: [10, 20, 30] },
  ],
};

it('the job of the picture uses only its arguments', () => {
  const alone = new Function(`return ${renderTile.toString()}`)() as typeof renderTile;
  expect(alone({ x: 0, y: 0 }, view)).toEqual(renderTile({ x: 0, y: 0 }, view));
});

it('the job of the picture renders the set black and the outside in colours of the palette', () => {
  const rgb = renderTile({ x: 0, y: 0 }, { ...view, span: 0.01 });
  expect([...rgb]).toEqual(new Array(48).fill(0));
  expect([...renderTile({ x: 0, y: 0 }, { ...view, centre: { re: 9, im: 0 } }).slice(0, 3)]).toEqual([
    10, 20, 30,
  ]);
});

it('the job of the picture averages four points for each pixel', () => {
  const half = { ...view, tile: 1, width: 1, height: 1, span: 0.04, centre: { re: -2, im: 0 } };
  const [red] = renderTile({ x: 0, y: 0 }, { ...half, iterations: 1_000 });
  // The point -2 belongs to the set; the three points around it do not.
  expect(red).toBe(7);
});
