/**
 * The part of the Python harness that describes exceptions for JavaScript: their names, messages, tracebacks, causes and
 * groups. It shares the namespace of `harness.ts`.
 * @module
 */
export const HARNESS_ERRORS = `

# How many chained causes, exceptions of a group and innermost frames of a traceback are kept.
CAUSES_MAX = 4
GROUP_MAX = 20
FRAMES_MAX = 100

# Matches file names of frames that are not Python code: the harness, and JavaScript (a URL, or a name of a script).
IS_FOREIGN_FILE = re.compile(r'<manyhands>$|(?:[a-z]{2,}:|eval at ).*|.*\\.m?js$|<anonymous>$').match

# Packages that are not named as the module that is imported.
PACKAGE_OF = {
    'PIL': 'pillow', 'bs4': 'beautifulsoup4', 'cv2': 'opencv-python', 'dateutil': 'python-dateutil', 'skimage': 'scikit-image',
    'sklearn': 'scikit-learn', 'yaml': 'pyyaml',
}
# Parts of the standard library that older releases of Pyodide have as packages.
LIBRARY_PACKAGES = ('sqlite3', 'ssl', 'lzma', 'test') if sys.version_info < (3, 13) else ()
NO_PART = 'This Python has no such part of the standard library: a browser has nothing for it'


def last_place(trace):
    where = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOURCE_NAME:
            where = f'{SOURCE_NAME}:{trace.tb_lineno}'
        trace = trace.tb_next
    return where


def exception_info(error, depth=0):
    """Returns [name, message, stack, code, cause, exceptions of a group]; the last two are such lists, or None."""
    trace = error.__traceback__
    message = message_of(error)
    limit = frame_limit(trace)
    try:
        formatted = traceback.TracebackException(type(error), error, trace, limit=limit)
        keep_job_frames(formatted)
        stack = ''.join(formatted.format())
    except BaseException:
        stack = ''
    if limit is not None:
        unlink(error)
    code = getattr(error, 'code', None)
    code = code if type(code) in (int, str) else None
    cause = errors = None
    if depth < CAUSES_MAX:
        if error.__cause__ is not None:
            cause = exception_info(error.__cause__, depth + 1)
        if isinstance(error, BaseExceptionGroup):
            errors = [exception_info(one, depth + 1) for one in error.exceptions[:GROUP_MAX]]
    return [type(error).__name__, message, clip(stack.rstrip('\\n')), code, cause, errors]


def keep_job_frames(formatted):
    """Removes frames of the harness and of JavaScript from a traceback and from those of its causes and groups."""
    pending = [formatted]
    for one in pending:
        one.stack[:] = [frame for frame in one.stack if not IS_FOREIGN_FILE(frame.filename)]
        pending += [next for next in (one.__cause__, one.__context__) if next is not None]
        pending += one.exceptions or ()


def frame_limit(trace):
    """Returns None, or for a traceback that is too long a negative limit that keeps its innermost frames."""
    for _ in range(FRAMES_MAX):
        if trace is None:
            return None
        trace = trace.tb_next
    return -FRAMES_MAX


def unlink(error):
    """Frees a long traceback frame by frame from its inner end: freeing it as a whole would overflow the stack."""
    traces = []
    trace, error.__traceback__ = error.__traceback__, None
    while trace is not None:
        traces.append(trace)
        trace = trace.tb_next
    for trace in traces:
        trace.tb_next = None
    trace = None
    while traces:
        traces.pop()


def package_advice(module):
    package = PACKAGE_OF.get(module, module.replace('_', '-'))
    return (
        'A sandbox has the standard library, the job\\'s files and its packages, and no network to install from: set '
        f"job.modules = ['{package}'], or put the module into the job's files (see docs/python-packages.md)"
    )


def explain_missing(error, message):
    """Replaces the advice to install a missing package by what a job can do."""
    notes = [note for note in getattr(error, '__notes__', ()) if 'pyodide' not in str(note)]
    root = (error.name or '').partition('.')[0]
    if root:
        is_part = root in sys.stdlib_module_names and root not in LIBRARY_PACKAGES
        advice = NO_PART if is_part else package_advice(root)
        notes.append(advice)
        message = clip(f'{message}. {advice}')
    error.__notes__ = notes
    return message


def message_of(error):
    message = text_of(error)
    return explain_missing(error, message) if isinstance(error, ModuleNotFoundError) else message


def text_of(error):
    try:
        return clip(str(error))
    except BaseException:
        return ''


def clip(text):
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + '…'
`;
