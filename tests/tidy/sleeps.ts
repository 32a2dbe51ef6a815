/**
 * Finds code that waits for time to pass. The syntax tree is searched, not the text: what a test hands to a sandbox as
 * a string may use timers, since timers of job code are what such tests are about.
 * @module
 */
import ts from 'typescript';
import type { TreeFile } from './tree.js';

/** `path:line: text` of every sleep in `file`. */
export function sleepsIn(file: Pick<TreeFile, 'path' | 'text' | 'lines'>): string[] {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isSleep(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found.push(`${file.path}:${line + 1}: ${file.lines[line]!.trim().slice(0, 120)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isSleep(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) return importsSleep(node);
  if (ts.isNewExpression(node)) return node.expression.getText() === 'Promise' && resolvesByTimer(node);
  if (!ts.isCallExpression(node)) return false;
  const callee = node.expression.getText();
  if (callee === 'delay') return node.arguments[0]?.getText() === 'systemClock';
  return callee === 'Atomics.wait' || callee.endsWith('.waitForTimeout');
}

/** `setTimeout` and `scheduler` of `node:timers/promises` wait for time; its `setImmediate` waits for a turn. */
function importsSleep({ moduleSpecifier, importClause }: ts.ImportDeclaration): boolean {
  if (!/^['"](node:)?timers\/promises['"]$/.test(moduleSpecifier.getText())) return false;
  const bindings = importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return true;
  return bindings.elements.some(({ name, propertyName }) => (propertyName ?? name).text !== 'setImmediate');
}

/** `new Promise((resolve) => setTimeout(resolve, …))` in all its forms. */
function resolvesByTimer({ arguments: [executor] = [] as never }: ts.NewExpression): boolean {
  if (executor === undefined || !(ts.isArrowFunction(executor) || ts.isFunctionExpression(executor)))
    return false;
  const resolve = executor.parameters[0]?.name.getText();
  let found = false;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTimer(node.expression.getText())) {
      found ||= node.arguments.some((given) => given.getText() === resolve || callsOnly(given, resolve));
    }
    ts.forEachChild(node, visit);
  };
  visit(executor.body);
  return found;
}

function isTimer(callee: string): boolean {
  return /^(globalThis\.|window\.)?setTimeout$|^systemClock\.after$/.test(callee);
}

/** `() => resolve()`, and the like. */
function callsOnly(given: ts.Expression, resolve: string | undefined): boolean {
  if (!ts.isArrowFunction(given) || !ts.isCallExpression(given.body)) return false;
  return given.body.expression.getText() === resolve && given.body.arguments.length === 0;
}
