/**
 * Requirements and their markers, as PEP 508 has them.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { markerEnvironment } from './lock-file.js';
import { parseMarker } from './marker.js';
import { parseRequirement } from './requirement.js';
import { readRequirementLines, readScriptDependencies } from './requirement-files.js';

const HERE = markerEnvironment({ python: '3.14.2', platforms: [], packages: new Map() });
const parsed = (text: string): unknown[] => {
  const { name, extras, range } = parseRequirement(text, 'job.modules');
  return [name, extras, range];
};

describe('a requirement', () => {
  it('has a normalised name, extras and a range', () => {
    expect(parsed('sympy')).toEqual(['sympy', [], '']);
    expect(parsed(' Foo._-Bar [Socks,tls_1] >= 1.0 , <2 ')).toEqual([
      'foo-bar',
      ['socks', 'tls-1'],
      '>= 1.0 , <2',
    ]);
    expect(parsed('six (>=1.5)')).toEqual(['six', [], '>=1.5']);
    expect(parsed('a==1.*;python_version>"3"')).toEqual(['a', [], '==1.*']);
    expect(parsed('a ~=2.0 ; extra == "b"')).toEqual(['a', [], '~=2.0']);
  });

  it.each([
    ['', /write a name/],
    ['a b', /write a name|no version/],
    ['a>>1', /no version specifier/],
    ['a @ https://example.com/a.whl', /put its wheel into a folder/],
    ['a; python_version', /marker/],
    ['a; colour == "red"', /marker/],
    ['-a', /write a name/],
  ])('%j is refused with advice', (text, advice) => {
    expect(() => parseRequirement(text, 'job.modules')).toThrow(advice);
    expect(() => parseRequirement(text, 'job.modules')).toThrow(/^job\.modules has the requirement/);
  });
});

describe('a marker', () => {
  it.each([
    ['python_version >= "3.10"', true],
    ['python_version < "3.9"', false],
    ["python_full_version == '3.14.2'", true],
    ['"3.14" in python_full_version', true],
    ['sys_platform == "emscripten" and platform_machine == "wasm32"', true],
    ['sys_platform == "win32" or os_name == "posix"', true],
    ['os_name == "nt" or (python_version ~= "3.12" and extra == "")', true],
    ["sys.platform not in 'linux darwin'", true],
    ['platform_python_implementation != "PyPy"', true],
    ['python_version == "3.*"', true],
    ['extra == "tests"', false],
    ['implementation_name == "cpython" and python_version > "3.14"', false],
  ])('%s is %s in the sandbox', (text, holds) => {
    expect(parseMarker(text)(HERE)).toBe(holds);
  });

  it('may ask for an extra', () => {
    expect(parseMarker('extra == "tests"')({ ...HERE, extra: 'tests' })).toBe(true);
  });

  it('is refused where it nests too deep', () => {
    expect(() => parseMarker(`${'('.repeat(100)}os_name == "a"${')'.repeat(100)}`)).toThrow(/malformed/);
  });
});

describe('a requirements.txt', () => {
  it('has one requirement a line, with comments, continued lines and digests', () => {
    const text =
      '# all\r\nsympy>=1.13  # algebra\n\nattrs \\\n  ==26.1 --hash=sha256:00 \\\n --hash=sha256:11\n';
    expect(readRequirementLines(text, 'r.txt')).toEqual(['sympy>=1.13', 'attrs    ==26.1']);
  });

  it('is refused where it has options', () => {
    expect(() => readRequirementLines('a\n-r other.txt', 'r.txt')).toThrow(
      /^r\.txt, line 2: .*-r other\.txt/,
    );
  });
});

describe('the metadata of a script', () => {
  const block = (lines: string[]): string =>
    ['# /// script', ...lines.map((one) => `# ${one}`), '# ///', ''].join('\n');

  it('lists dependencies', () => {
    const list = [
      'requires-python = ">=3.11"',
      'dependencies = [',
      '  "sympy>=1.13",  # algebra',
      "  'six',",
      ']',
    ];
    expect(readScriptDependencies(`x = 1\n${block(list)}\ndef work(x): pass\n`)).toEqual([
      'sympy>=1.13',
      'six',
    ]);
    expect(readScriptDependencies(block(['dependencies = ["a[b]; os_name == \\"nt\\""]']))).toEqual([
      'a[b]; os_name == "nt"',
    ]);
    expect(readScriptDependencies(block(['requires-python = ">=3.11"']))).toEqual([]);
    expect(readScriptDependencies('def work(x): pass')).toEqual([]);
  });

  it('is refused where it is malformed, or there are two', () => {
    expect(() => readScriptDependencies(block(['dependencies = "six"']))).toThrow(/no list/);
    const one = block(['dependencies = ["six"]']);
    expect(() => readScriptDependencies(`${one}\n${one}`)).toThrow(/two/);
  });
});
