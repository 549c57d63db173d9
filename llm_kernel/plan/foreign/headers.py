"""The headers of C and C++ that a program may include without bringing what nobody here knows."""

from __future__ import annotations

__all__ = ["HEADERS"]

HEADERS = frozenset(
    """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic
    stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar wchar wctype unistd getopt
    fcntl sys/types sys/stat sys/time sys/wait sys/resource dirent pthread omp cassert cctype cerrno cfloat cinttypes
    ciso646 climits clocale cmath csetjmp csignal cstdarg cstdbool cstddef cstdint cstdio cstdlib cstring ctgmath ctime
    cwchar algorithm any array atomic bitset chrono codecvt complex condition_variable deque exception execution
    filesystem format forward_list fstream functional future initializer_list iomanip ios iosfwd iostream istream
    iterator limits list map memory mutex new numbers numeric optional ostream queue random ranges ratio regex
    scoped_allocator set shared_mutex span sstream stack stdexcept streambuf string string_view system_error thread
    tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector""".split()
)
"""The headers of the language and of POSIX, without ``.h``: what they declare prints nothing but by the calls below."""
