/**
 * What no file may say: unfinished work, silenced tests and checks, paths and hosts of one machine.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { codeFiles, linesWith, textFiles } from './tree.js';

/** Spelt in pieces, so that a search of the repository for these words finds only real ones. */
const word = (...pieces: string[]): string => pieces.join('');

describe('no file', () => {
  it('has a marker of unfinished work', () => {
    const marks = [word('TO', 'DO'), word('FIX', 'ME'), word('X', 'XX'), word('HA', 'CK')].join('|');
    expect(linesWith(textFiles, new RegExp(`\\b(${marks})\\b`))).toEqual([]);
    expect(linesWith(codeFiles, new RegExp(`\\bfor ${word('n', 'ow')}\\b`, 'i'))).toEqual([]);
  });

  it('skips or focuses a test', () => {
    const calls =
      /\b(it|test|describe|suite)(\.\w+)*\.(only|skip|todo|fixme|fails|skipIf|runIf)\b|\bx(it|describe)\(/;
    expect(linesWith(codeFiles, calls)).toEqual([]);
  });

  it('suppresses the compiler, or a lint rule without its name and a reason', () => {
    expect(
      linesWith(codeFiles, new RegExp(`@ts-(${word('ig', 'nore')}|nocheck)|\\bas\\s+any\\b|<any>`)),
    ).toEqual([]);
    const disables = linesWith(codeFiles, /eslint-disable/);
    expect(
      disables.filter((line) => !/eslint-disable(-next-line|-line)? [\w@/-]+(, [\w@/-]+)* -- \S/.test(line)),
    ).toEqual([]);
  });

  it('has commented-out code', () => {
    const statement =
      /^\s*\/\/\s*(const|let|var|import|export|return|await|throw|if \(|for \(|while \(|\}|[\w.]+\(.*\)).*[;{]$/;
    expect(linesWith(codeFiles, statement)).toEqual([]);
  });

  it('contains an absolute path of one machine', () => {
    const folders = ['wo' + 'rk', 'fa' + 'rm', 'ro' + 'ot', 'Us' + 'ers'].join('|');
    expect(linesWith(textFiles, new RegExp(`(^|[^A-Za-z0-9_.-])/(${folders})/`))).toEqual([]);
    expect(linesWith(textFiles, /(^|[^A-Za-z0-9_.-])\/home\/(?!(pyodide|web_user|user|me)\b)\w+/)).toEqual(
      [],
    );
  });

  it('names a package registry', () => {
    const hosts = new RegExp(
      `https?://[^/\\s]*(${word('regi', 'stry')}|${word('arti', 'factory')}|${word('nex', 'us')})[./]`,
    );
    expect(linesWith(textFiles, hosts)).toEqual([]);
  });

  it('refers to a document that is not in the repository', () => {
    const papers = ['DES' + 'IGN', 'FA' + 'CTS', 'ST' + 'YLE', 'CON' + 'TRACT'].join('|');
    expect(linesWith(textFiles, new RegExp(`\\b(${papers})\\.md\\b`))).toEqual([]);
  });
});
