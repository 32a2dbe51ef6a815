/**
 * The pages for contributors name files and identifiers that exist, and docs/recipes.md draws the states that the code
 * has.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { allPaths, productFiles, textFiles } from './tree.js';

const pages = textFiles.filter(
  ({ path }) => /^docs\/[\w-]+\.md$|^[A-Z]+\.md$/.test(path) && path !== 'CHANGELOG.md',
);
const recipes = readFileSync('docs/recipes.md', 'utf8');

/** The texts in backticks of a page, without its blocks of code. */
function codeSpans(markdown: string): string[] {
  const text = markdown.replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
}

const FOLDERS = /^(src|tests|docs|scripts|bench|examples|web-worker-demo)\/[\w./-]*(\/|\.\w+)$/;

describe('the pages for contributors', () => {
  it('name only files and folders of the repository', () => {
    const names = new Set(allPaths.map((path) => path.slice(path.lastIndexOf('/') + 1)));
    const isThere = (span: string): boolean =>
      FOLDERS.test(span) ? existsSync(span) : !/^[a-z][\w-]+(\.test)?\.ts$/.test(span) || names.has(span);
    const missing = pages.flatMap(({ path, text }) =>
      codeSpans(text)
        .filter((span) => !isThere(span))
        .map((span) => `${path}: ${span}`),
    );
    expect(missing).toEqual([]);
  });

  it('name in the recipes only identifiers of the code', () => {
    const words = new Set(productFiles.flatMap(({ text }) => text.match(/\w+/g) ?? []));
    const named = codeSpans(recipes).filter((span) => /^[A-Za-z]+[A-Z_][A-Za-z_]*$/.test(span));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !words.has(name))).toEqual([]);
  });
});

/** The states and the transitions' labels of the diagram under that heading. */
function diagram(heading: string): { states: string[]; labels: string[] } {
  const section = recipes.slice(recipes.indexOf(`### ${heading}\n`));
  const block = section.slice(section.indexOf('stateDiagram-v2'), section.indexOf('\n```\n', 1));
  const steps = [...block.matchAll(/^ {2}(\S+) --> (\S+)(?: : (.+))?$/gm)];
  const states = steps.flatMap(([, from, to]) => [from!, to!]).filter((state) => state !== '[*]');
  return {
    states: [...new Set(states)].sort(),
    labels: [...new Set(steps.flatMap(([, , , label]) => (label === undefined ? [] : [label])))],
  };
}

/** The declaration of that type or interface. */
function declared(path: string, name: string): ts.Node {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (one) => (ts.isTypeAliasDeclaration(one) || ts.isInterfaceDeclaration(one)) && one.name.text === name,
  );
  if (found === undefined) throw new Error(`${path} declares no ${name}.`);
  return found;
}

/** The texts of the literal types in a declaration; with `field`, of that property alone. */
function literals(node: ts.Node, field?: string): string[] {
  const found: string[] = [];
  const visit = (one: ts.Node, isTaken: boolean): void => {
    if (isTaken && ts.isLiteralTypeNode(one) && ts.isStringLiteral(one.literal)) found.push(one.literal.text);
    const next = ts.isPropertySignature(one) && field !== undefined ? one.name.getText() === field : isTaken;
    ts.forEachChild(one, (child) => visit(child, next));
  };
  visit(node, field === undefined);
  return found.sort();
}

describe('the state diagrams of docs/recipes.md', () => {
  it('have the run states of a job', () => {
    const type = declared('src/protocol/messages/jobs.ts', 'RunStatus');
    expect(diagram('Job').states).toEqual(literals(type));
  });

  it('have the states of a slice', () => {
    const type = declared('src/scheduler/store/schema/slice-tables.ts', 'RangeState');
    expect(diagram('Slice').states).toEqual(literals(type));
  });

  it('have the phases of a sandbox', () => {
    const type = declared('src/worker/core/state.ts', 'SandboxState');
    expect(diagram('Sandbox').states).toEqual(literals(type, 'phase'));
  });

  it('move a lease by commands of the store', () => {
    const commands = declared('src/scheduler/store/port/store.ts', 'Commands') as ts.InterfaceDeclaration;
    const names = commands.members.map((member) => member.name?.getText());
    const { labels } = diagram('Lease');
    expect(labels.length).toBeGreaterThan(5);
    expect(labels.filter((label) => !names.includes(label))).toEqual([]);
  });
});
