/**
 * The part of the Python half that minds snapshots: what is loaded before one is made, and what must differ between
 * two interpreters that start from the same one. It shares the names of `harness.ts`.
 * @module
 */
export const HARNESS_SNAPSHOT = `

# What many work functions import: reading them from the library costs more than anything else at a start.
USUAL_MODULES = (
    'bisect', 'collections', 'dataclasses', 'functools', 'hashlib', 'heapq', 'itertools', 'json', 'math', 'operator',
    'random', 're', 'statistics', 'string', 'struct', 'time', 'typing',
)


def preload(name, text):
    """Loads what is usual, and leaves this harness, with its own text, where it is found again."""
    global HARNESS_TEXT
    import gc
    import importlib

    for module in USUAL_MODULES:
        importlib.import_module(module)
    HARNESS_TEXT = text
    sys.modules[name] = globals()
    gc.collect()


def reseed():
    """Random state is in the memory that was copied: everything that holds some gets its own."""
    random = sys.modules.get('random')
    if random is not None:
        random.seed()
    # The loader puts this in at each start, and so did the one before the snapshot.
    if sys.path[:2] == ['', '']:
        del sys.path[0]
`;
