/**
 * The Python part of the runtime, as source. It runs once in each interpreter, before job code, and defines the functions
 * that JavaScript calls. No data is interpolated into it.
 * @module
 */

import { HARNESS_ASYNCIO } from './harness-asyncio.js';
import { HARNESS_CHUNK } from './harness-chunk.js';
import { HARNESS_ERRORS } from './harness-errors.js';
import { HARNESS_SNAPSHOT } from './harness-snapshot.js';
import { HARNESS_ARRAYS } from './harness-arrays.js';
import { HARNESS_VALUES } from './harness-values.js';

/** The file name of the harness in tracebacks, whose frames are removed. */
export const HARNESS_NAME = '<manyhands>';

const CORE = `
import ast
import asyncio
import datetime
import importlib
import importlib.machinery
import io
import linecache
import math
import os
import re
import sys
import textwrap
import time
import traceback
import types
from pyodide.ffi import JsProxy

# File names in tracebacks: of the user's source, and of this harness.
SOURCE_NAME = 'work-function.py'
HARNESS_NAME = '<manyhands>'
LINE_BYTES_MAX = 16384
TEXT_MAX = 16384
GENERATOR = 0x20 | 0x200
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class ConsoleLines(io.RawIOBase):
    """Sends what Python writes to the job's console, line by line."""

    def __init__(self, host, level):
        self.host = host
        self.level = level
        self.open_line = b''

    def writable(self):
        return True

    def write(self, data):
        data = bytes(data)
        lines = (self.open_line + data).split(b'\\n')
        was_open = self.open_line
        self.open_line = lines.pop()
        for line in lines:
            self.send(line)
        if len(self.open_line) > LINE_BYTES_MAX:
            self.flush_line()
        elif self.open_line and not was_open:
            self.host.lineOpened()
            if harness is not None:
                harness.has_open_line = True
        return len(data)

    def flush_line(self):
        if self.open_line:
            line, self.open_line = self.open_line, b''
            self.send(line)

    def send(self, line):
        self.host.console(self.level, line.decode('utf-8', 'replace'))


class Harness:
    def __init__(self, host):
        self.host = host
        self.handler = None
        # Whether typed arrays are arrays of numpy in this job.
        self.has_numpy = False
        # For a chunk: the index of the running slice, whether it left a line open, and a result to convert separately.
        self.current_index = 0
        self.has_open_line = False
        self.result = None
        self.out = ConsoleLines(host, 'log')
        self.err = ConsoleLines(host, 'error')

    def install(self, job):
        job = job.to_py()
        for name, raw in (('stdout', self.out), ('stderr', self.err)):
            stream = io.TextIOWrapper(raw, 'utf-8', 'backslashreplace', newline='\\n', write_through=True)
            setattr(sys, name, stream)
            setattr(sys, '__' + name + '__', stream)
        # Pyodide prints each exception that reaches JavaScript; it is reported as the outcome of the slice already.
        sys.excepthook = lambda *exception: None
        # Files that were added since the interpreter listed a directory, before a snapshot perhaps, are found.
        importlib.invalidate_caches()
        self.has_numpy = has_package('numpy')
        os.chdir(job['cwd'])
        os.environ['PWD'] = job['cwd']
        os.environ.update(job['env'])
        sys.argv[:] = [SOURCE_NAME]
        asyncio.run = asyncio.runners.run = asyncio_run
        for name in ('manyhands', 'dcp'):
            sys.modules[name] = self.module(name, job)

    def module(self, name, job):
        host = self.host

        def progress(value=None):
            """Reports progress of the slice: a fraction from 0 to 1, a text such as '50%', or nothing."""
            return host.progress(value if isinstance(value, (int, float, str)) else None)

        def emit(name, value=None):
            """Emits an event to whoever follows the job: job.work.on(name, …). False where it was not sent."""
            return host.emit(name, value)

        def reject(reason='', retries=0):
            """Gives the slice back to another worker, after that many retries here."""
            host.reject(reason, retries)

        def checkpoint(state):
            """Stores a state from which another worker goes on. Awaitable: whether it was stored."""
            return host.checkpoint(state)

        def state():
            """What an earlier attempt at this slice stored with checkpoint; None for none."""
            return host.state()

        def log_at(level):
            return lambda *values: host.console(level, ' '.join(map(str, values)))

        def set_slice_handler(function):
            self.handler = function

        module = types.ModuleType(name, 'Console, progress and information about the job; see docs/worktimes.md.')
        module.progress = progress
        module.emit = emit
        module.reject = reject
        module.checkpoint = checkpoint
        module.state = state
        levels = ('debug', 'info', 'log', 'warn', 'error')
        module.console = types.SimpleNamespace(**{level: log_at(level) for level in levels})
        module.job = types.SimpleNamespace(id=job['id'], public=types.SimpleNamespace(**job['public']))
        module.set_slice_handler = set_slice_handler
        return module

    def flush_lines(self):
        self.out.flush_line()
        self.err.flush_line()

    # The work function

    def load(self, source):
        """Returns (function, None, None), or (None, problem, location)."""
        lines = source.splitlines()
        first = next((line for line in lines if line.strip()), '')
        if first[:1].isspace():
            source = textwrap.dedent(source)
        linecache.cache[SOURCE_NAME] = (len(source), None, source.splitlines(True), SOURCE_NAME)
        try:
            tree = ast.parse(source, SOURCE_NAME)
        except SyntaxError as error:
            where = f'{SOURCE_NAME}:{error.lineno}:{error.offset}' if error.lineno else None
            return None, f'{type(error).__name__}: {error.msg}', where
        except ValueError as error:
            return None, str(error), None
        try:
            function = self.function_of(tree)
        except AmbiguousFunction as error:
            return None, str(error), None
        except BaseException as error:
            where = last_place(error.__traceback__)
            return None, f'{type(error).__name__}: {message_of(error)}', where
        problem = problem_of(function)
        return (None, problem, None) if problem else (function, None, None)

    def function_of(self, tree):
        module = types.ModuleType('work_function')
        sys.modules['work_function'] = module
        # Work functions written for DCP use it without an import.
        module.dcp = sys.modules['dcp']
        last = tree.body[-1] if tree.body else None
        expression = None
        if isinstance(last, ast.Expr) and (len(tree.body) == 1 or isinstance(last.value, ast.Lambda)):
            expression = ast.Expression(tree.body.pop().value)
        exec(compile(tree, SOURCE_NAME, 'exec', dont_inherit=True), module.__dict__)
        if self.handler is not None:
            return self.handler
        if expression is not None:
            return eval(compile(expression, SOURCE_NAME, 'eval', dont_inherit=True), module.__dict__)
        named = module.__dict__.get('work')
        if callable(named) and not isinstance(named, type):
            return named
        names = [name for name in dict.fromkeys(function_names(tree)) if callable(module.__dict__.get(name))]
        if len(names) > 1:
            raise AmbiguousFunction(names)
        return module.__dict__[names[0]] if names else None

    # Values

    def bind(self, function, args):
        """Binds the arguments; returns a function of the datum alone."""
        args = tuple(convert_incoming(self.host, args, {}))
        return lambda datum: function(datum, *args)

    def apply(self, function, box):
        """Calls the function with a datum that must be converted first."""
        return function(convert_incoming(self.host, box, {})[0])

    def unmarked(self, box):
        """The value in a list whose special values are marked."""
        return convert_incoming(self.host, box, {})[0]

    # Errors

    def describe(self):
        """Describes the exception that reached JavaScript last."""
        error = sys.last_exc
        for name in ('last_exc', 'last_type', 'last_value', 'last_traceback'):
            if hasattr(sys, name):
                delattr(sys, name)
        return exception_info(error)

    def run_chunk(self, function, data, has_markers):
        return run_chunk(self, function, data, has_markers)

    def take_result(self):
        result, self.result = self.result, None
        return result

    def unsupported_part(self, value):
        """Returns path, type and advice for the first part of a result that cannot be converted, or None."""
        return unsupported_part(value, '$', set())

    def is_too_deep(self, value):
        return is_too_deep(value)

    def outgoing(self, value):
        return outgoing(value)


class AmbiguousFunction(Exception):
    """The source defines several functions, and none is named \`work\`."""

    def __init__(self, names):
        shown = ', '.join(names[:8]) + (' and more' if len(names) > 8 else '')
        super().__init__(
            f'the source defines several functions ({shown}); name the one that is to be called \`work\`, or call '
            'dcp.set_slice_handler(function)'
        )


def function_names(tree):
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Lambda):
            if isinstance(node.target, ast.Name):
                yield node.target.id


def problem_of(function):
    if function is None:
        return 'the source defines no function at its top level; define one, or a lambda'
    if isinstance(function, type):
        return f'{function.__name__} is a class, not a function; define a function that uses it'
    if not callable(function):
        return f'the source evaluates to a value of type {type(function).__name__}, not a function'
    code = getattr(function, '__code__', None)
    if code is not None and code.co_flags & GENERATOR:
        return f'{function.__name__} is a generator; return a list of what it would yield'
    return None


harness = None


def make(host):
    global harness
    harness = Harness(host)
    return harness
`;

export const HARNESS =
  CORE +
  HARNESS_ERRORS +
  HARNESS_VALUES +
  HARNESS_ARRAYS +
  HARNESS_CHUNK +
  HARNESS_ASYNCIO +
  HARNESS_SNAPSHOT;
