/**
 * Which language the text of a work function is in, for the advice in a refusal: the first line that only one of the two
 * languages can have decides. Whether it is right JavaScript is for a parser to say.
 * @module
 */

export type SourceLanguage = 'python' | 'javascript';

/** Lines at the margin that no JavaScript has. */
const PYTHON: readonly RegExp[] = [
  /^(?:async\s+)?def\s+[^\W\d]\w*\s*[([]/,
  /^class\s+\w+\s*(?:\[.*\])?\s*(?:\(.*\))?\s*:/,
  /^from\s+[\w.]+\s+import\b/,
  /^import\s+[\w.]+(?:\s+as\s+\w+)?(?:\s*,\s*[\w.]+(?:\s+as\s+\w+)?)*\s*(?:[;#].*)?$/,
  /^(?:if|elif|else|while|for|with|async for|async with|try|except|finally|match)\b.*:\s*(?:#.*)?$/,
  /^(?:[\w.]+\s*(?::[^=]+)?=\s*)?lambda\b[^=>]*:/,
  /^[rbfu]*(?:"""|''')/i,
  /^#!.*\bpython/,
  /^#(?!!)/,
];

/** Lines at the margin that no Python has. */
const JAVASCRIPT: readonly RegExp[] = [
  /^(?:var|let|const|function|export|switch|throw|new|typeof|void)\b/,
  /^import\s*["'{*(]/,
  /^import\s+[\w$]+\s*(?:,|from\b)/,
  /^class\s+[\w$]*(?:\s*extends\b.*)?\s*\{/,
  /^(?:\/\/|\/\*)/,
  /^["']use strict["']/,
  /^[!+;({[]*\s*(?:async\s+)?function\b/,
  /^(?:if|for|while|with)\s*\(.*\)\s*\{/,
  /^#!.*\bnode/,
  /=>/,
];

/** Undefined where no line says. */
export function languageOf(text: string): SourceLanguage | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const margin = Math.min(...lines.map((line) => /^\s*/.exec(line)![0].length));
  for (const line of lines) {
    const at = line.slice(margin).trimEnd();
    if (/^\s/.test(at)) continue;
    if (PYTHON.some((form) => form.test(at))) return 'python';
    if (JAVASCRIPT.some((form) => form.test(at))) return 'javascript';
  }
  return undefined;
}
