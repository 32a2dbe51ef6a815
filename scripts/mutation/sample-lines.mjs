/**
 * Chooses the lines of a file whose code is mutated: all of it would take hours. The choice depends on the seed and the
 * file's name alone, so that a run can be repeated.
 * @module
 */

/** A line with nothing to mutate: blank, a comment, an import, a lone bracket. */
const EMPTY = /^\s*($|\/\/|\*|\/\*|import |export (type|interface)|[)\]}]+[,;]?$)/;

/**
 * @param {string} path
 * @param {string} text the file's
 * @param {{ lines: number, seed: number }} options how many lines; Infinity: all of them
 * @returns {number[]} numbers of lines from 1, ascending
 */
export function sampleLines(path, text, { lines, seed }) {
  const numbered = text.split('\n').map((line, i) => ({ line, number: i + 1 }));
  const candidates = numbered.filter(({ line }) => !EMPTY.test(line)).map(({ number }) => number);
  const random = generator(`${seed} ${path}`);
  for (let i = candidates.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [candidates[i], candidates[j]] = [candidates[j], candidates[i]];
  }
  return candidates.slice(0, lines).sort((a, b) => a - b);
}

/** Numbers from 0 to below 1: mulberry32, seeded with the FNV-1a hash of a text. */
function generator(text) {
  let state = 0x811c9dc5;
  for (const char of text) state = Math.imul(state ^ char.codePointAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
