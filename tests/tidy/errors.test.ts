/**
 * docs/errors.md has one row for each error code, and says of it what the code says.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_TABLE, type ErrorCode } from '../../src/lib/errors.js';

interface Row {
  code: string;
  meaning: string;
  fault: string;
  retryable: string;
  whatToDo: string;
}

/** Rows of every table in the page whose first cell is a code. */
function readRows(): Row[] {
  return readFileSync('docs/errors.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| `[A-Z_]+`/.test(line))
    .map((line) => {
      const [code = '', meaning = '', fault = '', retryable = '', whatToDo = ''] = line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim());
      return { code: code.replaceAll('`', ''), meaning, fault, retryable, whatToDo };
    });
}

describe('docs/errors.md', () => {
  const rows = readRows();

  it('lists each error code once, and no unknown code', () => {
    expect(rows.map((row) => row.code).sort()).toEqual(Object.keys(ERROR_TABLE).sort());
  });

  it('states for each code who is at fault and whether a retry can help, as in the source', () => {
    const said = rows.map(({ code, fault, retryable }) => ({ code, fault, retryable }));
    const true_ = rows.map(({ code }) => {
      const entry = ERROR_TABLE[code as ErrorCode];
      return { code, fault: entry.fault, retryable: entry.retryable ? 'yes' : 'no' };
    });
    expect(said).toEqual(true_);
  });

  it('explains each code and what to do', () => {
    const thin = rows.filter((row) => row.meaning.length < 15 || row.whatToDo.length < 15);
    expect(thin.map((row) => row.code)).toEqual([]);
  });
});

describe('error codes', () => {
  it('are all used in the source', async () => {
    const { productFiles } = await import('./tree.js');
    const others = productFiles.filter((file) => file.path !== 'src/lib/errors.ts');
    const unused = Object.keys(ERROR_TABLE).filter(
      (code) => !others.some((file) => new RegExp(`\\b${code}\\b`).test(file.text)),
    );
    // fromWireError in the table's own file makes this one.
    expect(unused).toEqual(['UNKNOWN_REMOTE']);
  });
});
