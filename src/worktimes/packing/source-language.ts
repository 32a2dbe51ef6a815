/**
 * Guesses the language of a work function's source for the advice in an error message. The first line that is possible
 * in only one of the languages decides; the syntax is not checked.
 * @module
 */

/** As `language` of a worktime's descriptor. */
export type SourceLanguage = 'Python' | 'JavaScript';

/** Unindented lines that JavaScript cannot contain. */
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

/** Unindented lines that Python cannot contain. */
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

/** Undefined if no line decides. */
export function languageOf(text: string): SourceLanguage | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const indentation = lines.reduce((least, line) => Math.min(least, /^\s*/.exec(line)![0].length), Infinity);
  for (const line of lines) {
    const unindented = line.slice(indentation).trimEnd();
    if (/^\s/.test(unindented)) continue;
    if (PYTHON.some((form) => form.test(unindented))) return 'Python';
    if (JAVASCRIPT.some((form) => form.test(unindented))) return 'JavaScript';
  }
  return undefined;
}
