/**
 * Finds what a work function uses from outside of itself: names that no sandbox has, imports, `import.meta`, and properties of
 * a `this` that is not sent. What the source guards itself (`typeof x`, `try`) is not reported.
 * @module
 */
import { analyze, type Reference } from 'eslint-scope';
import { SANDBOX_GLOBALS } from '../../lockdown/sandbox-globals.js';
import { UNAVAILABLE_GLOBALS } from './unavailable-globals.js';
import type { ParsedSource } from './parse-source.js';
import { readSyntax, type SyntaxFacts } from './syntax-facts.js';

export interface OuterName {
  readonly kind: 'variable' | 'assigned' | 'arguments' | 'this' | 'import' | 'import.meta';
  /** The name, or the module that is imported. */
  readonly name: string;
  /** The property that is read of it first, if any: `fs_1.readFileSync`. */
  readonly member?: string;
  /** Its first position in the source, UTF-16 units. */
  readonly at: number;
}

export interface NameRules {
  /** Names that are defined besides the globals of sandboxes. */
  readonly defined?: readonly string[];
  /** Whether the source is that of a function of this program: what it assigns, and its `this`, belong to the program. */
  readonly isFunction?: boolean;
  /** Whether a bundler wrote the source, whose imports and platforms it has dealt with: parts may never run. */
  readonly isBundle?: boolean;
}

/** In the order of the source, each name once. */
export function findOuterNames(parsed: ParsedSource, rules: NameRules): OuterName[] {
  const syntax = readSyntax(parsed.program);
  const found = [...findVariables(parsed, syntax, rules)];
  if (rules.isBundle !== true) {
    for (const { at, module } of syntax.imports)
      if (!syntax.isCaught(at) && !module.startsWith('data:'))
        found.push({ kind: 'import', name: module, at });
    for (const at of syntax.metas) found.push({ kind: 'import.meta', name: 'import.meta', at });
  }
  if (rules.isFunction === true && parsed.form === 'expression') {
    for (const { at, name } of syntax.thisProperties)
      if (!SANDBOX_GLOBALS.has(name)) found.push({ kind: 'this', name: 'this', member: name, at });
  }
  return firstOfEach(found.map((one) => ({ ...one, at: one.at - parsed.shift })));
}

function* findVariables(parsed: ParsedSource, syntax: SyntaxFacts, rules: NameRules): Generator<OuterName> {
  for (const [name, references] of groupByName(unresolved(parsed))) {
    if (SANDBOX_GLOBALS.has(name) || rules.defined?.includes(name) === true) continue;
    if (syntax.globalProperties.has(name)) continue;
    if (references.some(({ identifier }) => syntax.typeofArguments.has(identifier))) continue;
    // In sloppy mode an assignment makes a global, which slices share; in a function it was meant for the program.
    const isDefined = references.some((one) => isPlainWrite(one) && !one.from.isStrict);
    if (isDefined && rules.isFunction !== true) continue;
    const first = references.find((one) => isReported(one, parsed, syntax));
    if (first === undefined) continue;
    const member = syntax.members.get(first.identifier);
    yield {
      kind: kindOf(name, isDefined),
      name,
      ...(member === undefined ? {} : { member }),
      at: positionOf(first),
    };
  }
}

/** References to what the source does not declare. */
function unresolved({ program, form }: ParsedSource): Reference[] {
  const { globalScope } = analyze(program as Parameters<typeof analyze>[0], {
    ecmaVersion: 2022,
    sourceType: form === 'module' ? 'module' : 'script',
    ignoreEval: true,
  });
  return globalScope?.through.filter(({ identifier }) => !globalScope.set.has(identifier.name)) ?? [];
}

function groupByName(references: readonly Reference[]): Map<string, Reference[]> {
  const groups = new Map<string, Reference[]>();
  for (const reference of references) {
    const { name } = reference.identifier;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [reference]);
    else group.push(reference);
  }
  return groups;
}

function isReported(reference: Reference, { form }: ParsedSource, syntax: SyntaxFacts): boolean {
  const at = positionOf(reference);
  if (syntax.isInWith(at)) return false;
  if (!UNAVAILABLE_GLOBALS.has(reference.identifier.name)) return !syntax.definesUnknownNames;
  // A library has parts for other platforms: only what runs in every case is sure to fail.
  const isSure = form === 'expression' || !isInFunction(reference);
  return isSure && !syntax.isCaught(at);
}

function isInFunction({ from }: Reference): boolean {
  return !['global', 'module'].includes(from.variableScope.type);
}

const isPlainWrite = (reference: Reference): boolean => reference.isWriteOnly();

const positionOf = ({ identifier }: Reference): number => identifier.range?.[0] ?? 0;

function kindOf(name: string, isDefined: boolean): OuterName['kind'] {
  if (name === 'arguments') return 'arguments';
  return isDefined ? 'assigned' : 'variable';
}

/** Each name once, in the order of the source. */
function firstOfEach(found: OuterName[]): OuterName[] {
  const sorted = found.sort((a, b) => a.at - b.at);
  const seen = new Map<string, OuterName>();
  for (const one of sorted) {
    const key = `${one.kind} ${one.name} ${one.kind === 'this' ? one.member : ''}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()];
}
