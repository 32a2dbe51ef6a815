/**
 * Kernels of the kinds that real jobs are made of, as the text of one work function: it runs the kernel that it is given
 * the name of, and gives the milliseconds of its best round. Each stands alone, since it is read in another realm.
 */
export const KERNELS = `(() => {
  const list = Array.from({ length: 10_000 }, (_, i) => i * 0.5);
  const short = [1, 2, 3];
  const large = new Float64Array(list);
  const text = 'The quick brown fox jumps over the lazy dog, näher. '.repeat(4);
  const records = Array.from({ length: 2_000 }, (_, i) => ({ id: i, name: 'n' + i, parts: [i, i + 1], at: { x: i, y: -i } }));

  /** Writes varints and length-prefixed texts to pooled buffers and reads them, as protobufjs does. */
  const protobuf = () => {
    const encoder = new TextEncoder();
    const decoder = new TextDecoder();
    let slab = new Uint8Array(8_192);
    let offset = 0;
    const alloc = (size) => {
      if (offset + size > 8_192) { slab = new Uint8Array(8_192); offset = 0; }
      const part = slab.subarray(offset, offset + size);
      offset = (offset + size + 7) & ~7;
      return part;
    };
    let sum = 0;
    for (let i = 0; i < 40_000; i++) {
      const name = encoder.encode('name' + i);
      const out = alloc(16 + name.length);
      let at = 0;
      let id = i * 7919;
      while (id > 127) { out[at++] = (id & 127) | 128; id >>>= 7; }
      out[at++] = id;
      out[at++] = name.length;
      out.set(name, at);
      at += name.length;
      let read = 0, shift = 0, value = 0, byte;
      do { byte = out[read++]; value |= (byte & 127) << shift; shift += 7; } while (byte > 127);
      const length = out[read++];
      sum += value + decoder.decode(out.subarray(read, read + length)).length;
    }
    return sum;
  };

  const wasm = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 2, 7, 11, 2, 3, 109, 101, 109,
    2, 0, 1, 102, 0, 0, 10, 38, 1, 36, 1, 1, 127, 3, 64, 32, 2, 65, 31, 108, 32, 0, 32, 1, 115, 106, 33, 2, 32, 0, 65, 1,
    107, 33, 0, 32, 0, 65, 0, 74, 13, 0, 11, 32, 2, 11,
  ]))).exports;
  /** The glue code of wasm-bindgen around each call: a view that is created again when the memory has grown, texts in and out. */
  const bindgen = () => {
    const encoder = new TextEncoder();
    const decoder = new TextDecoder();
    let cached = null;
    const view = () => {
      if (cached === null || cached.buffer !== wasm.mem.buffer) cached = new Uint8Array(wasm.mem.buffer);
      return cached;
    };
    let sum = 0;
    for (let i = 0; i < 40_000; i++) {
      const { written } = encoder.encodeInto(text, view().subarray(64, 1_024));
      sum += wasm.f(8, written) + decoder.decode(view().subarray(64, 64 + 16)).length;
    }
    return sum;
  };

  const KERNELS = {
    'new Float64Array(list of 10,000)': () => { let s = 0; for (let i = 0; i < 3_000; i++) s += new Float64Array(list)[i]; return s; },
    'new Float64Array(list of 3)': () => { let s = 0; for (let i = 0; i < 200_000; i++) s += new Float64Array(short)[1]; return s; },
    'new Float64Array(3), (16), (1,000)': () => { let s = 0; for (let i = 0; i < 40_000; i++) s += new Float64Array(3).length + new Float64Array(16).length + new Float64Array(1_000).length; return s; },
    'new Float64Array(view)': () => { let s = 0; for (let i = 0; i < 6_000; i++) s += new Float64Array(large)[i]; return s; },
    'subarray in a loop': () => { let s = 0; for (let i = 0; i < 1_000_000; i++) s += large.subarray(i & 1_023, (i & 1_023) + 8)[0]; return s; },
    'slice in a loop': () => { let s = 0; for (let i = 0; i < 200_000; i++) s += large.slice(i & 1_023, (i & 1_023) + 16)[0]; return s; },
    'map, filter, set of typed arrays': () => { let s = 0; const other = new Float64Array(10_000); for (let i = 0; i < 60; i++) { other.set(large.map((x) => x + i)); s += other.filter((x) => x > 100).length; } return s; },
    'structuredClone of records': () => { let s = 0; for (let i = 0; i < 8; i++) s += structuredClone(records).length; return s; },
    'structuredClone of a typed array': () => { let s = 0; for (let i = 0; i < 5_000; i++) s += structuredClone(large)[i]; return s; },
    'protobufjs-like': protobuf,
    'wasm-bindgen-like': bindgen,
    'DataView over a buffer': () => { const data = new DataView(new ArrayBuffer(8_000)); let s = 0; for (let r = 0; r < 12_000; r++) for (let i = 0; i < 1_000; i++) { data.setFloat64(i * 8, i + r, true); s += data.getUint8(i * 8); } return s; },
    'heat equation, a grid a step': () => { const n = 128; let grid = new Float64Array(n * n).fill(1); grid[n] = 1_000; for (let t = 0; t < 600; t++) { const next = new Float64Array(n * n); for (let i = n; i < n * n - n; i++) next[i] = 0.25 * (grid[i - 1] + grid[i + 1] + grid[i - n] + grid[i + n]); grid = next; } return grid[n * 2]; },
    'matrix product': () => { const n = 240; const a = new Float64Array(n * n).fill(1.5), b = new Float64Array(n * n).fill(0.5), c = new Float64Array(n * n); for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) { const x = a[i * n + k]; for (let j = 0; j < n; j++) c[i * n + j] += x * b[k * n + j]; } return c[n]; },
    'WebAssembly calls': () => wasm.f(16_000_000, 3),
    'WebAssembly instances': () => { const module = new WebAssembly.Module(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1])); let s = 0; for (let i = 0; i < 600; i++) s += new WebAssembly.Instance(module) ? 1 : 0; return s; },
    'JSON there and back': () => { let s = 0; for (let i = 0; i < 8; i++) s += JSON.parse(JSON.stringify(records)).length; return s; },
    'objects, Map and sort': () => { const map = new Map(); for (let i = 0; i < 60_000; i++) map.set('k' + (i * 7919) % 50_000, { i }); return [...map.values()].sort((a, b) => a.i - b.i).length; },
    'numbers': () => { let [a, b, s] = [1, 2, 0]; for (let i = 0; i < 8_000_000; i++) { a = (a * 16_807) % 2_147_483_647; b ^= a; s += b & 7; } return s; },
  };

  return ({ name, rounds }) => {
    const kernel = KERNELS[name];
    if (kernel === undefined) return Object.keys(KERNELS);
    let best = Infinity;
    for (let round = 0; round < rounds; round++) {
      const startedMs = performance.now();
      kernel();
      best = Math.min(best, performance.now() - startedMs);
    }
    return best;
  };
})()`;
