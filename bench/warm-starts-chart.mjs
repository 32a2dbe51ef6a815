/** The chart of `warm-starts.mjs`: two rows of bars, times to the first result and slices a second, one group a case. */

const COLOURS = { cold: '#7a8fa6', 'warm-runtime': '#e0a03c', 'warm-function': '#3c9d6b' };
const WIDTH = 900;
const LEFT = 70;
const PANEL = 190;
const GAP = 90;
const TOP = 60;

/** `rows`: `{ policy, phase, worktime, p50, p95, rate }`; gives the text of an SVG. */
export function chart(rows) {
  const groups = [...new Set(rows.map((row) => `${row.phase}\n${row.worktime}`))];
  const height = TOP + 2 * PANEL + 2 * GAP;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...legend(),
    ...panel(
      TOP,
      'from slices to the first result, ms: p50, and p95 as a line; logarithmic',
      groups,
      rows,
      (row) => row.p50,
      (row) => row.p95,
    ),
    ...panel(TOP + PANEL + GAP, 'slices/s', groups, rows, (row) => row.rate),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function legend() {
  return Object.entries(COLOURS).flatMap(([policy, colour], i) => [
    `<rect x="${LEFT + i * 150}" y="16" width="12" height="12" fill="${colour}"/>`,
    `<text x="${LEFT + i * 150 + 18}" y="27" fill="#222">${policy}</text>`,
  ]);
}

/** `line`: a second figure, drawn as a line on a logarithmic scale, since starts differ by more than a hundredfold. */
function panel(top, title, groups, rows, height, line) {
  const most = Math.max(...rows.map((row) => Math.max(height(row), line?.(row) ?? 0)));
  const { ticks, part } = line === undefined ? linear(most) : logarithmic(most);
  const y = (value) => top + PANEL - part(value) * PANEL;
  const parts = [`<text x="${LEFT}" y="${top - 10}" fill="#222" font-weight="600">${title}</text>`];
  for (const value of ticks) {
    parts.push(`<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${y(value)}" y2="${y(value)}" stroke="#e3e6ea"/>`);
    parts.push(`<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end" fill="#555">${value}</text>`);
  }
  const wide = (WIDTH - 10 - LEFT) / groups.length;
  groups.forEach((group, g) => {
    const own = rows.filter((row) => `${row.phase}\n${row.worktime}` === group);
    const bar = (wide - 30) / own.length;
    own.forEach((row, i) => {
      const x = LEFT + g * wide + 15 + i * bar;
      const at = y(height(row));
      parts.push(
        `<rect x="${x.toFixed(1)}" y="${at.toFixed(1)}" width="${(bar - 4).toFixed(1)}" height="${(top + PANEL - at).toFixed(1)}" fill="${COLOURS[row.policy]}"><title>${row.policy}: ${height(row).toFixed(0)}</title></rect>`,
      );
      if (line === undefined) return;
      const middle = (x + (bar - 4) / 2).toFixed(1);
      parts.push(
        `<line x1="${middle}" x2="${middle}" y1="${at.toFixed(1)}" y2="${y(line(row)).toFixed(1)}" stroke="#222"/>`,
      );
    });
    const [phase, worktime] = group.split('\n');
    const centre = (LEFT + g * wide + wide / 2).toFixed(1);
    parts.push(
      `<text x="${centre}" y="${top + PANEL + 18}" text-anchor="middle" fill="#222">${phase}</text>`,
    );
    parts.push(
      `<text x="${centre}" y="${top + PANEL + 34}" text-anchor="middle" fill="#555">${worktime}</text>`,
    );
  });
  return parts;
}

function linear(most) {
  const rough = Math.max(most, 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((one) => one >= rough) ?? rough;
  const steps = Math.ceil(most / step);
  const ticks = Array.from({ length: steps + 1 }, (_, i) => i * step);
  return { ticks, part: (value) => value / (steps * step) };
}

/** From 1 to the power of ten above. */
function logarithmic(most) {
  const decades = Math.max(1, Math.ceil(Math.log10(most)));
  const ticks = Array.from({ length: decades + 1 }, (_, i) => 10 ** i);
  return { ticks, part: (value) => Math.log10(Math.max(1, value)) / decades };
}
