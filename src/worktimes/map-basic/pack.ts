/**
 * Packs the work functions of `map-basic`: functions, expressions, scripts and modules of JavaScript. They are parsed and not
 * run; names from outside of them are refused.
 * @module
 */
import { MODULE_BYTES_MAX } from '../../protocol/limits.js';
import { packText } from '../packing/pack-text.js';
import { languageOf } from '../packing/source-language.js';
import {
  invalidSource,
  notBytes,
  type GivenSource,
  type PackContext,
  type SourcePacker,
} from '../packing/source-packer.js';
import { mapBasic } from './descriptor.js';

export const packJavaScript: SourcePacker = async (source, context) => {
  if (source.kind === 'bytes') throw notBytes(context);
  const text = 'bytes' in source ? new TextDecoder().decode(source.bytes) : source.text;
  const isModule = source.kind === 'download' || (source.kind === 'text' && isModuleText(text));
  const packed = isModule
    ? packText(text, 'module', source.kind === 'download' ? MODULE_BYTES_MAX : undefined)
    : packText(await toExpression(source as TextSource, context.worktimes), 'function');
  const { checkCapturedNames, checkNames } = await import('./names/check-names.js');
  const { captured = [], isBundle = false } = context;
  checkCapturedNames(captured);
  // Packages name what they use only elsewhere, and megabytes take seconds to parse; the bundler has refused missing imports.
  if (!isBundle) checkNames(text, isModule, { defined: captured, isFunction: source.kind === 'function' });
  return packed;
};

type TextSource = Extract<GivenSource, { text: string }>;

/** An expression that evaluates to the function. The source of a shorthand method is not an expression by itself. */
async function toExpression(work: TextSource, worktimes: PackContext['worktimes']): Promise<string> {
  const text = work.text.trim().replace(/;$/, '');
  const problem = syntaxProblem(text);
  if (problem === undefined) return text;
  const method = `Object.values({ ${text} })[0]`;
  if (work.kind === 'function' && !/^[[#]|^[gs]et\s/.test(text) && syntaxProblem(method) === undefined)
    return method;
  if (work.kind === 'function' && problem === 'unchecked') return looksLikeMethod(text) ? method : text;
  if (problem === 'unchecked') return text;
  if (work.kind === 'text' && isScript(text)) return text;
  if (work.kind === 'text' && syntaxProblem(method) === undefined) return method;
  const { importMetaError } = await import('./names/check-names.js');
  throw (
    importMetaError(text) ??
    invalidSource(`its source is not an expression (${problem})`, adviceFor(text, worktimes))
  );
}

function adviceFor(text: string, worktimes: PackContext['worktimes']): string {
  const found = languageOf(text);
  if (found === mapBasic.language)
    return (
      'Write it as (x) => … or function (x) { … }, as a script that ends with one, or as a module that exports it as its ' +
      'default and has its imports bundled into it.'
    );
  const others = worktimes.filter(({ name, language }) => language !== undefined && name !== mapBasic.name);
  const other = others.find(({ language }) => language === found);
  if (other !== undefined) return `It looks like ${found}: set job.worktime = '${other.name}'.`;
  const choices = others.map(({ name, language }) => `; for ${language} set job.worktime = '${name}'`);
  return `In JavaScript write it as (x) => … or function (x) { … }${choices.join('')}.`;
}

/**
 * Whether the text consists of statements. A static block parses them, and allows no `return`, `import` or `export`.
 */
function isScript(text: string): boolean {
  return syntaxProblem(`class { static {${text}\n} }`) === undefined;
}

/**
 * The syntax error of an expression, which is parsed and not run; `unchecked` if the page's policy forbids to compile
 * text.
 */
function syntaxProblem(expression: string): string | undefined {
  try {
    Reflect.construct(Function, [`return (${expression}\n)`]);
    return undefined;
  } catch (error) {
    return error instanceof SyntaxError ? error.message : 'unchecked';
  }
}

function looksLikeMethod(text: string): boolean {
  return !/^(async\s+)?(function\b|\(|[\p{ID_Start}$_][\p{ID_Continue}$]*\s*=>)/u.test(text);
}

/**
 * Whether the text is an ES module: it has `export` and does not parse as a function or script that only mentions it.
 */
function isModuleText(text: string): boolean {
  const hasExport = /(?:^|[^\w$.])export\s*(?:[{*]|(?:default|const|let|var|async|function|class)\b)/m.test(
    text,
  );
  if (!hasExport) return false;
  const trimmed = text.trim().replace(/;$/, '');
  return syntaxProblem(trimmed) !== undefined && !isScript(trimmed);
}
