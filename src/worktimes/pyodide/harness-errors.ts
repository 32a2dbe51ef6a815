/**
 * The part of the Python half that tells JavaScript of exceptions: their names, texts, tracebacks, causes and groups. It
 * shares the names of `harness.ts`.
 * @module
 */
export const HARNESS_ERRORS = `

# Causes behind one another, exceptions of one group, and innermost frames of one traceback that are told.
CAUSES_MAX = 4
GROUP_MAX = 20
FRAMES_MAX = 100

# Names of files that are no Python of the job's: the harness, and scripts, which are an address or end as such.
NOT_OF_PYTHON = re.compile(r'<manyhands>$|(?:[a-z]{2,}:|eval at ).*|.*\\.m?js$|<anonymous>$').match

NO_PACKAGE = (
    'A sandbox has the standard library and the modules of the job\\'s files, and no network to install from: put the '
    'package into the job\\'s files (see "Packages" in docs/worktimes.md)'
)
NO_PART = 'This Python has no such part of the standard library: a browser has nothing for it'


def last_place(trace):
    where = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOURCE_NAME:
            where = f'{SOURCE_NAME}:{trace.tb_lineno}'
        trace = trace.tb_next
    return where


def described(error, depth=0):
    """[name, message, stack, code, cause, errors of a group]; the last two are such lists again, or None."""
    trace = error.__traceback__
    message = text_of(error)
    if isinstance(error, ModuleNotFoundError):
        message = explain_missing(error, message)
    limit = frame_limit(trace)
    try:
        told = traceback.TracebackException(type(error), error, trace, limit=limit)
        keep_own_frames(told)
        stack = ''.join(told.format())
    except BaseException:
        stack = ''
    if limit is not None:
        unlink(error)
    code = getattr(error, 'code', None)
    code = code if type(code) in (int, str) else None
    cause = errors = None
    if depth < CAUSES_MAX:
        if error.__cause__ is not None:
            cause = described(error.__cause__, depth + 1)
        if isinstance(error, BaseExceptionGroup):
            errors = [described(one, depth + 1) for one in error.exceptions[:GROUP_MAX]]
    return [type(error).__name__, message, clip(stack.rstrip('\\n')), code, cause, errors]


def keep_own_frames(told):
    """Takes the harness's frames out of a traceback and all that it leads to, and JavaScript's, which Pyodide puts in."""
    waiting = [told]
    for one in waiting:
        one.stack[:] = [frame for frame in one.stack if not NOT_OF_PYTHON(frame.filename)]
        waiting += [next for next in (one.__cause__, one.__context__) if next is not None]
        waiting += one.exceptions or ()


def frame_limit(trace):
    """None, or for a traceback that is too long a number that leaves its innermost frames."""
    for _ in range(FRAMES_MAX):
        if trace is None:
            return None
        trace = trace.tb_next
    return -FRAMES_MAX


def unlink(error):
    """Takes a long traceback apart from its inner end: to free it as a whole would overflow the stack."""
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


def explain_missing(error, message):
    """Says what a job can do, in place of how it would be installed elsewhere."""
    notes = [note for note in getattr(error, '__notes__', ()) if 'pyodide' not in str(note)]
    root = (error.name or '').partition('.')[0]
    if root:
        advice = NO_PART if root in sys.stdlib_module_names else NO_PACKAGE
        notes.append(advice)
        message = clip(f'{message}. {advice}')
    error.__notes__ = notes
    return message


def text_of(error):
    try:
        return clip(str(error))
    except BaseException:
        return ''


def clip(text):
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + '…'
`;
