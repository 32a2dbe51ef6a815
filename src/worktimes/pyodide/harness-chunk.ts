/**
 * The part of the Python half that calls the work function on many data in one go. It shares the names of `harness.ts`.
 * Results are copied out together afterwards, so that only those may stay that nobody can change meanwhile.
 * @module
 */
export const HARNESS_CHUNK = `

from sys import getrefcount

# Seconds after which a chunk ends; asked for each 16th slice.
CHUNK_SECONDS = 0.02
# Items of one result, and characters of a text, past which it is copied by itself.
ITEMS_MAX = 64
CHARACTERS_MAX = 4096
FIXED = frozenset((int, float, bool, type(None)))


def is_fixed(values):
    for value in values:
        kind = type(value)
        if kind not in FIXED and (kind is not str or len(value) > CHARACTERS_MAX):
            return False
    return True


def run_chunk(harness, function, data, marked):
    """(results, errors, whether the rest should go one by one). An error stands for its result, behind its index."""
    if marked:
        settle(harness.host, data, {})
    results = []
    errors = []
    add = results.append
    # What is called owns its datum: a result that is the datum is nobody else's either.
    data.reverse()
    pop = data.pop
    count = len(data)
    clock = time.perf_counter
    end = clock() + CHUNK_SECONDS
    result = dict(a=1)
    own = getrefcount(result)
    result = None
    alone = False
    i = 0
    while i < count:
        harness.at = i
        try:
            result = function(pop())
        except BaseException as error:
            errors.append([i, *described(error)])
            add(None)
        else:
            kind = type(result)
            if kind in FIXED or (kind is str and len(result) <= CHARACTERS_MAX):
                add(result)
            elif (
                (kind is dict or kind is list)
                and getrefcount(result) == own
                and len(result) <= ITEMS_MAX
                and is_fixed(result.values() if kind is dict else result)
            ):
                add(result)
            else:
                harness.result = result
                alone = True
                result = None
                break
            result = None
        i += 1
        if harness.held:
            harness.held = False
            harness.end_lines()
        if i & 15 == 0 and clock() > end:
            break
    return results, errors, alone
`;
