/**
 * The part of the Python half that minds values on their way in and out; see `values.ts` for the other side. It
 * shares the names of `harness.ts`.
 * @module
 */
export const HARNESS_VALUES = `

def settle(host, value, done):
    """Replaces, in place, what only stands for a Python value: see values.ts."""
    kind = type(value)
    if kind is list or kind is dict or kind is set:
        if id(value) in done:
            return value
        done[id(value)] = value
        if kind is list:
            for i, item in enumerate(value):
                value[i] = settle(host, item, done)
        elif kind is dict:
            items = [(settle(host, k, done), settle(host, v, done)) for k, v in value.items()]
            value.clear()
            value.update(items)
        else:
            items = [settle(host, item, done) for item in value]
            value.clear()
            value.update(items)
        return value
    if kind is memoryview:
        return bytes(value) if value.format == 'B' else value
    if isinstance(value, int) and kind is not bool:
        return int(value)
    if isinstance(value, JsProxy):
        stands_for = host.standsFor(value)
        if stands_for == '-0':
            return -0.0
        if stands_for == 'date':
            return EPOCH + datetime.timedelta(milliseconds=value.getTime())
    return value


def to_js_default(value, convert, cache):
    if isinstance(value, frozenset):
        return convert(set(value))
    if isinstance(value, datetime.datetime):
        known = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return harness.host.date((known - EPOCH) / datetime.timedelta(milliseconds=1))
    raise TypeError(f'a value of type {type(value).__name__} cannot leave Python')


# What cannot travel, and what says the same that can; the first that fits.
ADVICE = (
    ('decimal', 'Decimal', 'str(x)'),
    ('builtins', 'complex', '[x.real, x.imag]'),
    ('fractions', 'Fraction', '[x.numerator, x.denominator]'),
    ('datetime', 'date', 'x.isoformat()'),
    ('datetime', 'time', 'x.isoformat()'),
    ('datetime', 'timedelta', 'x.total_seconds()'),
    ('enum', 'Enum', 'x.value'),
    ('uuid', 'UUID', 'str(x)'),
    ('pathlib', 'PurePath', 'str(x)'),
    ('array', 'array', 'x.tounicode()'),
    ('collections.abc', 'Mapping', 'dict(x)'),
    ('collections.abc', 'Iterator', 'list(x)'),
    ('collections.abc', 'Sequence', 'list(x)'),
    ('collections.abc', 'KeysView', 'list(x)'),
    ('collections.abc', 'ValuesView', 'list(x)'),
    ('collections.abc', 'ItemsView', 'list(x)'),
    ('collections', 'deque', 'list(x)'),
)
KEY_ADVICE = 'list(x.items()), or keys that are texts or numbers'
ITEM_ADVICE = 'list(x) in place of the set'
# Formats of buffers that JavaScript has typed arrays for.
FORMATS = frozenset('cbBhHiIlLqQfd?')
CONTAINERS = (list, tuple, dict, set, frozenset)
DEPTH_MAX = 1000


def advice_for(value):
    if hasattr(type(value), '__dataclass_fields__'):
        return 'dataclasses.asdict(x)'
    for module, name, advice in ADVICE:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(value, kind):
            return advice
    return None


def is_too_deep(value):
    """Whether a result is nested deeper than a value may be: to copy it would overflow the stack."""
    if not isinstance(value, CONTAINERS):
        return False
    level = [value]
    seen = set()
    for _ in range(DEPTH_MAX):
        items = []
        for one in level:
            items += one.values() if isinstance(one, dict) else one
        kinds = {kind for kind in set(map(type, items)) if issubclass(kind, CONTAINERS)}
        if not kinds:
            return False
        level = []
        for item in items:
            if type(item) in kinds and id(item) not in seen:
                seen.add(id(item))
                level.append(item)
        if not level:
            return False
    return True


def odd_part(value, path, seen):
    if value is None or isinstance(value, (bool, int, float, str, JsProxy, datetime.datetime)):
        return None
    if id(value) in seen:
        return None
    seen.add(id(value))
    if isinstance(value, (list, tuple)):
        return first_odd((item, f'{path}[{i}]', seen) for i, item in enumerate(value))
    if isinstance(value, (set, frozenset)):
        for i, item in enumerate(value):
            if isinstance(item, (tuple, frozenset, bytes)):
                return [f'{path}<item {i}>', type(item).__name__, ITEM_ADVICE]
        return first_odd((item, f'{path}<item {i}>', seen) for i, item in enumerate(value))
    if isinstance(value, dict):
        for i, key in enumerate(value):
            if key is not None and not isinstance(key, (bool, int, float, str)):
                return [f'{path}<key {i}>', type(key).__name__, KEY_ADVICE]
        return first_odd((item, path + step(key), seen) for key, item in value.items())
    try:
        if memoryview(value).format.lstrip('@') in FORMATS:
            return None
    except TypeError:
        pass
    return [path, type(value).__name__, advice_for(value)]


def first_odd(parts):
    return next((odd for odd in (odd_part(*part) for part in parts) if odd is not None), None)


def step(key):
    if isinstance(key, str) and key.isidentifier():
        return '.' + key
    return f'[{key!r}]'[:200]
`;
