/**
 * The part of the Python harness that converts numpy's arrays and scalars, in jobs that ship numpy. It shares the namespace of
 * `harness.ts`. One-dimensional arrays are typed arrays in JavaScript, others `{ dtype, shape, data }` with the items in C order.
 * @module
 */
export const HARNESS_ARRAYS = `

# The types of items that can be sent, and for those without a typed array what their items are viewed as.
ARRAY_DTYPES = {name: name for name in (
    'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'float64'
)}
VIEWED_DTYPES = {'bool': 'uint8', 'complex64': 'float32', 'complex128': 'float64'}
SCALAR_KINDS = frozenset('biufUS')
# By the kind of their dtype: expressions for arrays and scalars that cannot be sent.
ARRAY_ADVICE = {
    'f': "x.astype('float64')",
    'M': "x.astype('int64')",
    'm': "x.astype('int64')",
    'V': '{name: x[name] for name in x.dtype.names}',
}
SCALAR_ADVICE = {'f': 'float(x)', 'c': '[float(x.real), float(x.imag)]'}


def has_package(name):
    return importlib.machinery.PathFinder.find_spec(name) is not None


def incoming_array(value):
    """The array that a dict from JavaScript describes, or None where it is another dict."""
    if len(value) != 3 or not value.keys() >= {'dtype', 'shape', 'data'}:
        return None
    dtype, shape, data = value['dtype'], value['shape'], value['data']
    if not isinstance(dtype, str) or not isinstance(shape, list) or not isinstance(data, memoryview):
        return None
    viewed = ARRAY_DTYPES.get(dtype) or VIEWED_DTYPES.get(dtype)
    if viewed is None or not all(type(n) is int and n >= 0 for n in shape):
        return None
    import numpy
    flat = numpy.asarray(data)
    target = numpy.dtype(dtype)
    if flat.dtype != numpy.dtype(viewed) or math.prod(shape) * target.itemsize != flat.nbytes:
        return None
    return flat.view(target).reshape(shape)


def has_arrays(numpy, value):
    """Whether a result is, or contains, an array or scalar of numpy."""
    wanted = (numpy.ndarray, numpy.generic)
    seen = set()
    items = [value]
    while items:
        kinds = set(map(type, items))
        if any(issubclass(kind, wanted) for kind in kinds):
            return True
        kinds = {kind for kind in kinds if issubclass(kind, CONTAINERS)}
        level, items = items if kinds else (), []
        for one in level:
            if type(one) not in kinds or id(one) in seen:
                continue
            seen.add(id(one))
            items += one
            if isinstance(one, dict):
                items += one.values()
    return False


def outgoing(value):
    """A result in which arrays and scalars of numpy are replaced by what JavaScript has; the same result without any."""
    numpy = sys.modules.get('numpy')
    if numpy is None or not has_arrays(numpy, value):
        return value
    return without_arrays(numpy, value, {})


def without_arrays(numpy, value, done):
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        if array_problem(numpy, value):
            return Unsendable()
        return value.item() if isinstance(value, numpy.generic) else sendable_array(value)
    if not isinstance(value, CONTAINERS):
        return value
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, dict):
        copy = done[id(value)] = {}
        for key, item in value.items():
            copy[without_arrays(numpy, key, done)] = without_arrays(numpy, item, done)
    elif isinstance(value, (set, frozenset)):
        copy = done[id(value)] = {without_arrays(numpy, item, done) for item in value}
    else:
        copy = done[id(value)] = []
        copy += [without_arrays(numpy, item, done) for item in value]
    return copy


class Unsendable:
    """In place of what cannot be sent: Pyodide would send the buffer of a date as bytes."""


def sendable_array(array):
    name = array.dtype.name
    own = array.astype(array.dtype.newbyteorder('='), order='C', subok=False, copy=False)
    if own.ndim == 1 and name in ARRAY_DTYPES:
        return own
    data = own.reshape(-1)
    return {'dtype': name, 'shape': list(own.shape), 'data': data.view(VIEWED_DTYPES.get(name, name))}


def array_problem(numpy, value):
    """None, or type and advice for an array or scalar of numpy that cannot be sent."""
    kind = value.dtype.kind
    if isinstance(value, numpy.generic):
        is_fine = kind in SCALAR_KINDS and type(value.item()) in (bool, int, float, str, bytes)
        return None if is_fine else (type(value).__name__, SCALAR_ADVICE.get(kind, 'str(x)'))
    if isinstance(value, numpy.ma.MaskedArray):
        return type(value).__name__, 'x.filled()'
    if value.dtype.name in ARRAY_DTYPES or value.dtype.name in VIEWED_DTYPES:
        return None
    return f'{type(value).__name__} of {value.dtype}', ARRAY_ADVICE.get(kind, 'x.tolist()')
`;
