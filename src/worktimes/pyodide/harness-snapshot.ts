/**
 * The part of the Python harness for snapshots: what is loaded before one is made, and what must differ between two
 * interpreters that start from the same one. It shares the namespace of `harness.ts`.
 * @module
 */
export const HARNESS_SNAPSHOT = `

# Modules that many work functions import: importing them is the most expensive part of a start.
USUAL_MODULES = (
    'bisect', 'collections', 'dataclasses', 'functools', 'hashlib', 'heapq', 'itertools', 'json', 'math', 'operator',
    'random', 're', 'statistics', 'string', 'struct', 'time', 'typing',
)


def preload(name, text):
    """Imports common modules, and registers this harness, with its source, under a name by which it is found again."""
    global HARNESS_TEXT
    import gc
    import importlib

    for module in USUAL_MODULES:
        importlib.import_module(module)
    HARNESS_TEXT = text
    sys.modules[name] = globals()
    gc.collect()


def reseed():
    """Reseeds random state, which the snapshot has copied."""
    random = sys.modules.get('random')
    if random is not None:
        random.seed()
    # The loader inserts '' at each start; it was inserted before the snapshot, too.
    if sys.path[:2] == ['', '']:
        del sys.path[0]
`;
