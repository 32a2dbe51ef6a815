/**
 * The part of the Python harness that calls the work function on many data at once. It shares the namespace of
 * `harness.ts`. Results are converted together afterwards, so a result may be kept only if nothing can change it until then.
 * @module
 */
export const HARNESS_CHUNK = `

from sys import getrefcount

# Seconds after which a chunk ends; the clock is read every 16 slices.
CHUNK_SECONDS = 0.02
# A result with more items, or a text with more characters, is converted separately.
ITEMS_MAX = 64
CHARACTERS_MAX = 4096
SCALARS = frozenset((int, float, bool, type(None)))


def are_scalars(values):
    for value in values:
        kind = type(value)
        if kind not in SCALARS and (kind is not str or len(value) > CHARACTERS_MAX):
            return False
    return True


def run_chunk(harness, function, data, has_markers):
    """Returns (results, errors with their indices, whether harness.result holds a result to convert separately)."""
    if has_markers:
        convert_incoming(harness.host, data, {})
    results = []
    errors = []
    add = results.append
    # Popped from the list, so that a result that is the datum itself has no other reference.
    data.reverse()
    pop = data.pop
    count = len(data)
    clock = time.perf_counter
    end = clock() + CHUNK_SECONDS
    result = dict(a=1)
    unshared = getrefcount(result)
    result = None
    has_separate_result = False
    i = 0
    while i < count:
        harness.current_index = i
        try:
            result = function(pop())
        except BaseException as error:
            errors.append([i, *exception_info(error)])
            add(None)
        else:
            kind = type(result)
            if kind in SCALARS or (kind is str and len(result) <= CHARACTERS_MAX):
                add(result)
            elif (
                (kind is dict or kind is list)
                and getrefcount(result) == unshared
                and len(result) <= ITEMS_MAX
                and are_scalars(result.values() if kind is dict else result)
            ):
                add(result)
            else:
                harness.result = result
                has_separate_result = True
                result = None
                break
            result = None
        i += 1
        if harness.has_open_line:
            harness.has_open_line = False
            harness.flush_lines()
        if i & 15 == 0 and clock() > end:
            break
    return results, errors, has_separate_result
`;
