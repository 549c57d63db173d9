"""What of Python's library an interpreted program may use, and since when it is the same: nothing else is known.

Compared with CPython 3.6 to 3.13 by the scripts in ``tests/python``. Numbers are minor versions of Python 3.
"""

from __future__ import annotations

__all__ = ["BUILTINS", "BY_VERSION", "DUNDERS", "LIBRARY", "SINCE"]

BUILTINS = frozenset(
    """ArithmeticError AssertionError AttributeError BaseException Ellipsis EOFError Exception FileExistsError
    FileNotFoundError GeneratorExit IOError ImportError IndexError IsADirectoryError KeyError KeyboardInterrupt
    LookupError ModuleNotFoundError NameError NotADirectoryError NotImplemented NotImplementedError OSError
    OverflowError PermissionError RecursionError RuntimeError StopIteration SystemExit TimeoutError TypeError
    DeprecationWarning FutureWarning RuntimeWarning UserWarning Warning ConnectionError BufferError InterruptedError
    BrokenPipeError ChildProcessError EnvironmentError ReferenceError StopAsyncIteration SyntaxWarning
    PendingDeprecationWarning NotImplementedError SyntaxError MemoryError SystemError UnboundLocalError
    UnicodeDecodeError UnicodeEncodeError UnicodeError ValueError ZeroDivisionError __debug__ abs aiter all anext
    any ascii bin bool bytearray bytes callable chr classmethod complex delattr dict divmod enumerate eval exec exit
    filter float format frozenset getattr hasattr hash hex id input int isinstance issubclass iter len list map max
    min next object oct open ord pow print property quit range repr reversed round set setattr slice sorted
    staticmethod str sum super tuple type vars zip""".split()
)
"""Names that are always there."""

DUNDERS = frozenset(
    """__init__ __repr__ __str__ __call__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __bool__ __len__
    __getitem__ __setitem__ __delitem__ __contains__ __iter__ __next__ __reversed__ __add__ __radd__ __iadd__ __sub__
    __rsub__ __isub__ __mul__ __rmul__ __imul__ __truediv__ __rtruediv__ __floordiv__ __mod__ __pow__ __neg__ __pos__
    __abs__ __invert__ __and__ __or__ __xor__ __lshift__ __rshift__ __int__ __float__ __index__ __round__ __enter__
    __exit__ __name__ __class__ __main__ __getattr__ __setattr__ __new__ __post_init__ __format__ __matmul__ __doc__
    __file__ __slots__ __missing__ __divmod__ __rpow__ __annotations__ __future__ __version__ __author__
    __dict__ __qualname__ __cause__ __context__ __bases__ __mro__ __set_name__ __get__ __set__ __delete__
    __init_subclass__ __delattr__ __module__ __rand__ __ror__ __rxor__ __rmod__ __rfloordiv__
    __ilshift__ __ifloordiv__ __itruediv__ __imod__ __ipow__ __iand__ __ior__ __ixor__ __rlshift__ __rrshift__
    __complex__ __ceil__ __floor__ __trunc__ __bytes__ __length_hint__ __class_getitem__ __instancecheck__
    __subclasscheck__ __all__ __match_args__ __notes__ __package__ __wrapped__ __rdivmod__ __copy__
    __debug__ __deepcopy__ __fspath__ __members__ __aenter__ __aexit__ __aiter__ __anext__ __await__""".split()
)
"""Names with underscores on both sides that a program may use."""

_PATH = """abspath basename dirname exists expanduser getsize isabs isdir isfile join normpath relpath split splitext
    sep commonpath commonprefix"""

LIBRARY: dict[str, frozenset[str]] = {
    name: frozenset(attributes.split())
    for name, attributes in {
        "__future__": "annotations division print_function absolute_import",
        "abc": "ABC ABCMeta abstractmethod",
        "argparse": """ArgumentParser ArgumentTypeError ArgumentDefaultsHelpFormatter RawDescriptionHelpFormatter
        RawTextHelpFormatter Namespace SUPPRESS REMAINDER""",
        "array": "array typecodes ArrayType",
        "asyncio": """run gather sleep create_task wait_for Queue PriorityQueue LifoQueue QueueEmpty QueueFull Lock
        Event Semaphore BoundedSemaphore Condition TimeoutError CancelledError shield timeout TaskGroup""",
        "bz2": "compress decompress BZ2Compressor BZ2Decompressor",
        "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
        "colorsys": "hls_to_rgb hsv_to_rgb rgb_to_hls rgb_to_hsv rgb_to_yiq yiq_to_rgb",
        "cmath": """acos acosh asin asinh atan atanh cos cosh e exp inf infj isclose isfinite isinf isnan log log10 nan
        phase pi polar rect sin sinh sqrt tan tanh tau""",
        "configparser": """ConfigParser RawConfigParser NoSectionError NoOptionError Error DuplicateSectionError
        DuplicateOptionError MissingSectionHeaderError ParsingError ExtendedInterpolation BasicInterpolation""",
        "collections": "Counter defaultdict deque OrderedDict namedtuple ChainMap UserDict UserList",
        "concurrent": "futures",
        "concurrent.futures": """ThreadPoolExecutor ProcessPoolExecutor Future as_completed wait FIRST_COMPLETED
        FIRST_EXCEPTION ALL_COMPLETED TimeoutError CancelledError""",
        "contextlib": """contextmanager asynccontextmanager suppress closing redirect_stdout redirect_stderr nullcontext
        ExitStack AbstractContextManager ContextDecorator AsyncExitStack aclosing""",
        "copy": "copy deepcopy",
        "csv": "reader writer DictReader DictWriter QUOTE_ALL QUOTE_MINIMAL QUOTE_NONNUMERIC QUOTE_NONE Error",
        "base64": """b64encode b64decode urlsafe_b64encode urlsafe_b64decode b32encode b32decode b16encode b16decode
        b85encode b85decode""",
        "binascii": "hexlify unhexlify crc32",
        "calendar": """isleap monthrange leapdays day_name day_abbr month_name month_abbr weekday month
        calendar""",
        "collections.abc": """Callable Collection Container Hashable Iterable Iterator Generator Mapping MutableMapping
        MutableSequence MutableSet Reversible Sequence Set Sized ItemsView KeysView ValuesView MappingView
        Awaitable Coroutine AsyncIterator""",
        "errno": """E2BIG EACCES EADDRINUSE EAGAIN EBADF EBUSY ECHILD ECONNREFUSED ECONNRESET EDOM EEXIST EINTR EINVAL
        EIO EISDIR EMFILE ENOENT ENOMEM ENOSPC ENOTDIR ENOTEMPTY EPERM EPIPE ERANGE ESRCH ETIMEDOUT EXDEV errorcode""",
        "fnmatch": "fnmatch fnmatchcase filter",
        "getopt": "getopt gnu_getopt GetoptError error",
        "getpass": "getuser",
        "glob": "glob iglob",
        "graphlib": "TopologicalSorter CycleError",
        "gzip": "open compress decompress GzipFile BadGzipFile",
        "hashlib": """md5 sha1 sha224 sha256 sha384 sha512 blake2b blake2s new sha3_224 sha3_256 sha3_384 sha3_512
        shake_128 shake_256 pbkdf2_hmac""",
        "keyword": "iskeyword kwlist",
        "logging": """debug info warning error critical exception log basicConfig getLogger Logger Handler StreamHandler
        FileHandler Formatter NullHandler DEBUG INFO WARNING WARN ERROR CRITICAL NOTSET disable getLevelName shutdown
        Filter LoggerAdapter""",
        "lzma": "compress decompress LZMAError",
        "multiprocessing": "Pool Process Queue Lock cpu_count",
        "numbers": "Number Complex Real Rational Integral",
        "platform": "machine node python_implementation python_version python_version_tuple release system",
        "pprint": "pprint pformat pp",
        "reprlib": "repr Repr recursive_repr",
        "secrets": "token_hex token_bytes token_urlsafe choice randbelow randbits compare_digest",
        "shlex": "split quote join",
        "shutil": "copy copy2 copyfile move rmtree copytree",
        "socket": "gethostname",
        "subprocess": """run Popen call check_call check_output getoutput getstatusoutput PIPE STDOUT DEVNULL
        CalledProcessError CompletedProcess SubprocessError TimeoutExpired""",
        "struct": "pack unpack calcsize pack_into unpack_from iter_unpack error",
        "tempfile": "mkdtemp NamedTemporaryFile TemporaryDirectory gettempdir",
        "tomllib": "loads load TOMLDecodeError",
        "traceback": "print_exc format_exc",
        "types": "SimpleNamespace MappingProxyType",
        "unicodedata": "bidirectional category combining decimal digit lookup mirrored name normalize numeric",
        "unittest": """TestCase main TestSuite TextTestRunner TestLoader defaultTestLoader skip skipIf skipUnless
        expectedFailure SkipTest TestResult""",
        "urllib": "parse",
        "urllib.parse": "quote unquote quote_plus unquote_plus urlencode urlparse urlsplit parse_qs parse_qsl urljoin",
        "uuid": "uuid3 uuid5 UUID NAMESPACE_DNS NAMESPACE_URL NAMESPACE_OID NAMESPACE_X500 uuid4",
        "warnings": "warn simplefilter filterwarnings",
        "xml": "etree",
        "xml.etree": "ElementTree",
        "xml.etree.ElementTree": "Element SubElement ElementTree ParseError fromstring indent parse tostring XML",
        "zlib": "crc32 adler32 compress decompress compressobj decompressobj error",
        "dataclasses": "dataclass field asdict astuple replace fields is_dataclass FrozenInstanceError KW_ONLY",
        "datetime": "datetime date time timedelta timezone MINYEAR MAXYEAR",
        "decimal": """Decimal getcontext ROUND_HALF_UP ROUND_HALF_EVEN ROUND_DOWN ROUND_UP ROUND_FLOOR ROUND_CEILING
        ROUND_HALF_DOWN localcontext DivisionByZero InvalidOperation""",
        "difflib": "get_close_matches unified_diff context_diff ndiff SequenceMatcher",
        "enum": "Enum IntEnum Flag auto unique StrEnum IntFlag",
        "fractions": "Fraction",
        "functools": """reduce partial wraps lru_cache cache total_ordering cmp_to_key singledispatch cached_property
        singledispatchmethod""",
        "heapq": "heappush heappop heapify nlargest nsmallest heappushpop heapreplace merge",
        "hmac": "new compare_digest",
        "html": "escape unescape",
        "html.parser": "HTMLParser",
        "io": "StringIO BytesIO",
        "ipaddress": """ip_address ip_network ip_interface IPv4Address IPv4Network IPv4Interface IPv6Address IPv6Network
        IPv6Interface AddressValueError NetmaskValueError collapse_addresses summarize_address_range""",
        "itertools": """accumulate chain combinations combinations_with_replacement compress count cycle dropwhile
        filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest batched""",
        "json": "dumps loads load dump JSONDecodeError JSONEncoder JSONDecoder",
        "math": """acos acosh asin asinh atan atan2 atanh ceil comb copysign cos cosh degrees dist e erf exp expm1 fabs
        factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt ldexp lgamma log log10
        log1p log2 modf nan perm pi pow prod radians sin sinh sqrt tan tanh tau trunc lcm cbrt exp2 ulp nextafter
        remainder sumprod""",
        "operator": """add sub mul truediv floordiv mod neg itemgetter attrgetter methodcaller lt le eq ne gt ge xor
        pow and_
        or_ not_ abs contains concat getitem is_ is_not lshift rshift invert pos truth countOf indexOf""",
        "os": """path sep linesep name environ getenv getcwd listdir mkdir makedirs remove unlink walk rename replace
        rmdir stat
        cpu_count system popen getpid getuid geteuid getgid""",
        "os.path": _PATH,
        "pathlib": "Path PurePosixPath",
        "queue": "Queue LifoQueue PriorityQueue SimpleQueue Empty Full",
        "random": """seed random randint choice shuffle sample uniform randrange choices gauss normalvariate Random
        expovariate triangular betavariate getrandbits getstate setstate lognormvariate paretovariate
        vonmisesvariate weibullvariate gammavariate randbytes""",
        "re": """compile match search fullmatch findall finditer sub subn split escape error I IGNORECASE M MULTILINE S
        DOTALL X VERBOSE A ASCII Pattern Match""",
        "sqlite3": """connect Row Error DatabaseError OperationalError IntegrityError ProgrammingError InterfaceError
        DataError Warning NotSupportedError PARSE_DECLTYPES PARSE_COLNAMES""",
        "statistics": """mean median mode stdev variance pstdev pvariance median_low median_high StatisticsError fmean
        quantiles
        harmonic_mean geometric_mean multimode median_grouped linear_regression correlation covariance NormalDist""",
        "string": """ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits punctuation Template
        capwords printable whitespace""",
        "sys": """argv exit stdin stdout stderr platform maxsize byteorder executable version_info setrecursionlimit
        getrecursionlimit getsizeof""",
        "textwrap": "wrap fill dedent indent shorten",
        "threading": """Thread Lock RLock Event Condition Semaphore BoundedSemaphore Barrier BrokenBarrierError Timer
        current_thread main_thread active_count enumerate local get_ident""",
        "time": """time sleep perf_counter monotonic process_time strftime localtime gmtime ctime time_ns strptime
        perf_counter_ns mktime asctime struct_time""",
        "typing": """Any Callable ClassVar Dict FrozenSet Generator Generic Iterable Iterator List Mapping NamedTuple
        Optional Sequence Set Tuple Type TypeVar Union Protocol Literal Final Deque DefaultDict OrderedDict Counter
        NoReturn MutableMapping MutableSequence Hashable Sized Collection cast overload TypedDict Text IO
        TYPE_CHECKING AnyStr NewType Annotated Awaitable Coroutine AsyncIterator ContextManager TypeAlias Self
        TextIO BinaryIO""",
    }.items()
}
"""Modules, and what of them."""

SINCE: dict[str, int] = {
    "dataclasses": 7, "aiter": 10, "anext": 10, "contextlib.asynccontextmanager": 7, "contextlib.AsyncExitStack": 7,
    "contextlib.aclosing": 10, "math.comb": 8, "math.dist": 8, "math.hypot": 8, "math.isqrt": 8, "math.lcm": 9,
    "math.perm": 8,
    "math.prod": 8, "math.gcd": 9, "functools.cache": 9, "itertools.pairwise": 10, "itertools.batched": 12,
    "re.Pattern": 7, "re.Match": 7, "statistics.mode": 8, "time.time_ns": 7, "time.perf_counter_ns": 7,
    "isascii": 7, "fromisocalendar": 8, "removeprefix": 9, "removesuffix": 9, "bit_count": 10, "total": 10,
    "add_note": 11, "statistics.fmean": 8, "statistics.quantiles": 8, "statistics.multimode": 8,
    "statistics.geometric_mean": 8, "functools.cached_property": 8, "typing.Protocol": 8, "typing.Literal": 8,
    "typing.Final": 8, "typing.TypedDict": 8, "pprint.pp": 8, "__class_getitem__": 7, "hashlib.blake2b": 6,
    "textwrap.shorten": 7, "__future__.annotations": 7, "is_integer": 6, "as_integer_ratio": 8,
    "contextlib.nullcontext": 7, "asyncio": 8, "asyncio.timeout": 11, "shlex.join": 8, "asyncio.TaskGroup": 11,
    "concurrent.futures.ThreadPoolExecutor": 8, "queue.SimpleQueue": 7,
    "dataclasses.KW_ONLY": 10, "enum.StrEnum": 11, "functools.singledispatchmethod": 8, "math.cbrt": 11,
    "math.exp2": 11, "math.ulp": 9, "math.nextafter": 9, "math.remainder": 7, "math.sumprod": 12,
    "random.randbytes": 9, "statistics.linear_regression": 10, "statistics.correlation": 10,
    "statistics.covariance": 10, "statistics.NormalDist": 8, "typing.Annotated": 9, "typing.TypeAlias": 10,
    "typing.Self": 11, "shutil.copytree": 8, "subprocess": 7,
    "graphlib": 9, "tomllib": 11,
    "gzip.BadGzipFile": 8, "xml.etree.ElementTree": 8, "xml.etree.ElementTree.indent": 9, "gzip.compress": 8,
}  # fmt: skip
"""Where a name is younger than 3.6; of older versions nothing is said."""

BY_VERSION: dict[str, tuple[int, ...]] = {
    "keyword": (7, 10, 12), "ipaddress": (8, 9, 13), "html.parser": (10, 13), "reprlib": (12,), "graphlib": (13,),
    "tomllib": (14,), "argparse": (13,), "configparser": (13,), "sys.getsizeof": (7, 8, 9, 10, 11, 12, 13),
    "fromisoformat": (7, 11), "isoformat": (7,),
    "enum.IntEnum": (11, 12), "enum.Flag": (11,), "pprint": (8, 10, 12), "enum.auto": (13,), "statistics.stdev":
    (11,), "statistics.variance": (11,),
    "statistics.pstdev": (11,), "statistics.pvariance": (11,), "statistics.mean": (8,),
    "statistics.correlation": (12,), "statistics.linear_regression": (11, 12), "statistics.covariance": (12,),
    "enum.StrEnum": (12,), "enum.IntFlag": (11,), "typing.NewType": (10,),
    "unittest": (12, 13), "subTest": (11,), "expectedFailure": (11,),
    "asyncio.TimeoutError": (11,), "concurrent.futures.TimeoutError": (11,),
    "decimal": (7,), "fractions": (12,), "typing": (7,),
}  # fmt: skip
"""What changed with a version: used only where this interpreter and the wanted one are on the same side."""
