/**
 * The part of the Python harness that converts values in both directions; `values.ts` is the JavaScript part. It shares the
 * namespace of `harness.ts`.
 * @module
 */
export const HARNESS_VALUES = `

def convert_incoming(host, value, done):
    """Replaces, in place, markers and proxies of JavaScript by Python values: see values.ts."""
    kind = type(value)
    if kind is list or kind is dict or kind is set:
        if id(value) in done:
            return done[id(value)]
        done[id(value)] = value
        if kind is list:
            for i, item in enumerate(value):
                value[i] = convert_incoming(host, item, done)
        elif kind is dict:
            array = incoming_array(value) if harness.has_numpy else None
            if array is not None:
                done[id(value)] = array
                return array
            items = [(convert_incoming(host, k, done), convert_incoming(host, v, done)) for k, v in value.items()]
            value.clear()
            value.update(items)
        else:
            items = [convert_incoming(host, item, done) for item in value]
            value.clear()
            value.update(items)
        return value
    if kind is memoryview:
        if value.format == 'B':
            return bytes(value)
        if harness.has_numpy:
            import numpy
            return numpy.asarray(value)
        return value
    if isinstance(value, int) and kind is not bool:
        return int(value)
    if isinstance(value, JsProxy):
        marker = host.markerKind(value)
        if marker == '-0':
            return -0.0
        if marker == 'date':
            return EPOCH + datetime.timedelta(milliseconds=value.getTime())
    return value


def to_js_default(value, convert, cache):
    if isinstance(value, frozenset):
        return convert(set(value))
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return harness.host.date((aware - EPOCH) / datetime.timedelta(milliseconds=1))
    raise TypeError(f'a value of type {type(value).__name__} cannot leave Python')


# Types that cannot be sent (module, name), and an expression that can be; the first match applies.
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
    ('pandas', 'DataFrame', "x.to_dict('list')"),
    ('pandas', 'Series', 'x.to_numpy()'),
    ('pandas', 'Index', 'x.to_numpy()'),
)
KEY_ADVICE = 'list(x.items()), or keys that are texts or numbers'
ITEM_ADVICE = 'list(x) in place of the set'
# Buffer formats with a corresponding typed array in JavaScript.
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
    """Whether a result is nested too deep for a value: converting it would overflow the stack."""
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


def unsupported_part(value, path, seen):
    if value is None or isinstance(value, (bool, int, float, str, JsProxy, datetime.datetime)):
        return None
    if id(value) in seen:
        return None
    seen.add(id(value))
    numpy = sys.modules.get('numpy')
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        problem = array_problem(numpy, value)
        return None if problem is None else [path, *problem]
    if isinstance(value, (list, tuple)):
        return first_unsupported((item, f'{path}[{i}]', seen) for i, item in enumerate(value))
    if isinstance(value, (set, frozenset)):
        for i, item in enumerate(value):
            if isinstance(item, (tuple, frozenset, bytes)):
                return [f'{path}<item {i}>', type(item).__name__, ITEM_ADVICE]
        return first_unsupported((item, f'{path}<item {i}>', seen) for i, item in enumerate(value))
    if isinstance(value, dict):
        for i, key in enumerate(value):
            if key is not None and not is_key(key):
                return [f'{path}<key {i}>', type(key).__name__, KEY_ADVICE]
        return first_unsupported((item, path + path_step(key), seen) for key, item in value.items())
    try:
        if memoryview(value).format.lstrip('@') in FORMATS:
            return None
    except TypeError:
        pass
    return [path, type(value).__name__, advice_for(value)]


def is_key(key):
    numpy = sys.modules.get('numpy')
    if numpy is not None and isinstance(key, numpy.generic):
        key = key.item() if key.dtype.kind in SCALAR_KINDS else None
    return isinstance(key, (bool, int, float, str))


def first_unsupported(parts):
    return next((found for found in (unsupported_part(*part) for part in parts) if found is not None), None)


def path_step(key):
    if isinstance(key, str) and key.isidentifier():
        return '.' + key
    return f'[{key!r}]'[:200]
`;
