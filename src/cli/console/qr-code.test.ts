import { expect, it } from 'vitest';
import { qrCode } from './qr-code.js';

const URL_TEXT = 'http://192.168.1.20:8462';

it('a QR code is a light square with the three finder patterns', () => {
  const rows = qrCode(URL_TEXT).split('\n');
  const [width] = new Set(rows.map((row) => row.length));
  expect(rows.every((row) => row.length === width)).toBe(true);
  // Each row of text has two modules, and the border has two: it is light above, left and right.
  expect(rows.length).toBe(Math.ceil(width! / 2));
  expect(rows[0]).toBe('█'.repeat(width!));
  expect(rows.slice(0, -1).every((row) => row.startsWith('██') && row.endsWith('██'))).toBe(true);
  const mark = [' ▄▄▄▄▄ ', ' █   █ ', ' █▄▄▄█ '];
  mark.forEach((line, i) => {
    expect(rows[i + 1]!.slice(2, 9)).toBe(line);
    expect(rows[i + 1]!.slice(-9, -2)).toBe(line);
  });
});

it('a QR code depends on the text', () => {
  expect(qrCode(URL_TEXT)).not.toBe(qrCode(`${URL_TEXT}1`));
});
