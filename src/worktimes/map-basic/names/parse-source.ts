/**
 * Parses the source of a work function, in the ways in which a sandbox reads it.
 * @module
 */
import { parse, type Options, type Program } from 'acorn';

export interface ParsedSource {
  readonly program: Program;
  /** `expression`: one function, as `toString()` gives it; its variables are those of a program around it. */
  readonly form: 'expression' | 'script' | 'module';
  /** UTF-16 units that were inserted before the source. */
  readonly shift: number;
}

const WRAPPERS = [
  { before: '(', after: '\n)', form: 'expression' },
  { before: '({', after: '\n})', form: 'expression' },
  { before: '', after: '', form: 'script' },
] as const;

const OPTIONS = { ecmaVersion: 'latest', allowHashBang: true, ranges: true } as const satisfies Options;

/** Undefined if the text does not parse: an engine may know newer syntax, and reports errors itself. */
export function parseSource(text: string, isModule: boolean): ParsedSource | undefined {
  if (!isModule) {
    for (const { before, after, form } of WRAPPERS) {
      const program = tryParse(before + text + after, 'script');
      if (program !== undefined) return { program, form, shift: before.length };
    }
  }
  const program = tryParse(text, 'module');
  return program && { program, form: 'module', shift: 0 };
}

/** Whether the text is an expression with the syntax of modules: `import.meta` in a function. */
export function parseModuleExpression(text: string): ParsedSource | undefined {
  const program = tryParse(`(${text}\n)`, 'module');
  return program && { program, form: 'expression', shift: 1 };
}

function tryParse(text: string, sourceType: 'script' | 'module'): Program | undefined {
  try {
    return parse(text, { ...OPTIONS, sourceType });
  } catch (error) {
    // A deeply nested source overflows the stack of the parser.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
