/**
 * The files of the repository, as the tidy tests see them: what is made by a build or a test run is left out, and so
 * are these tests, which have to spell what they forbid.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

export interface TreeFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: string[];
}

const ROOT = process.cwd();
/** Names of folders, and paths. */
const LEFT_OUT = new Set([
  'node_modules',
  'dist',
  '.git',
  'test-results',
  'playwright-report',
  join('bench', 'results'),
  '.mutation',
]);
const TEXT =
  /\.(ts|js|mjs|cjs|json|md|html|css|py|sql|yml|yaml|sh)$|(^|\/)(LICENSE|run|\.npmrc|\.editorconfig)$/;

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (LEFT_OUT.has(entry.name) || LEFT_OUT.has(relative(ROOT, path))) return [];
    if (entry.isDirectory()) return walk(path);
    return entry.isFile() ? [relative(ROOT, path).split(sep).join('/')] : [];
  });
}

/** Every path in the repository that is not made by a build or a run. */
export const allPaths: string[] = walk(ROOT).sort();

/** Every text file, its content read once. */
export const textFiles: TreeFile[] = allPaths
  .filter((path) => TEXT.test(path) && path !== 'package-lock.json' && !path.startsWith('tests/tidy/'))
  .map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    return { path, text, lines: text.split('\n') };
  });

/** TypeScript and JavaScript. */
export const codeFiles: TreeFile[] = textFiles.filter((file) => /\.(ts|js|mjs|cjs)$/.test(file.path));

/** What ships: the code of src that is no test. */
export const productFiles: TreeFile[] = codeFiles.filter(
  (file) => file.path.startsWith('src/') && !/\.test(-d)?\.ts$/.test(file.path),
);

/** `path:line: text` of every line in `files` that `pattern` finds. */
export function linesWith(files: readonly TreeFile[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    file.lines.flatMap((line, i) =>
      pattern.test(line) ? [`${file.path}:${i + 1}: ${line.trim().slice(0, 120)}`] : [],
    ),
  );
}
