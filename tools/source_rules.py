"""The tables that check_sources.py enforces. Each ban names what to use instead.

Homes are modules (`floor/module`) or whole floors where the rule does not hold; exceptions of single files
stand with their reasons in tools/*_allowed.txt.
"""

FLOORS = ("foundation", "domain", "storage", "trust", "access", "flow", "edge", "app")

# (rule, pattern at the start of the include, homes, holds in tests too, instead)
BANNED_HEADERS = (
    ("openssl", r"openssl/", ("foundation/crypto", "edge/http_server", "edge/http_sender"), True,
     "use foundation/crypto"),
    ("asio", r"boost/(asio|beast)", ("edge/http_server",), True, "sockets live in edge/http_server"),
    ("sqlite", r"sqlite3(ext)?\.h", ("storage/store_sqlite",), True, "use storage/store"),
    ("curl", r"curl/", ("edge/http_sender",), True, "all egress goes through edge/http_sender"),
    ("spdlog", r"spdlog/", ("foundation/log",), True, "use foundation/log"),
    ("toml", r"toml\+\+/|toml\.hpp", ("app/config",), True, "configuration is read in app/config"),
    ("cli11", r"CLI/", ("app/cli", "app/main"), True, "the command line is read in app/cli"),
    # app/cli asks the running gateway over its Unix socket.
    ("sockets", r"sys/socket\.h|sys/un\.h|netdb\.h|sys/epoll\.h", ("edge/http_server", "edge/http_sender", "app/cli"),
     False, "sockets live in edge/http_server and edge/http_sender"),
    ("coroutine", r"coroutine|experimental/coroutine", ("edge/http_server", "edge/http_sender"), True,
     "no coroutines outside the socket modules"),
    ("format", r"(format|print)$", (), True, "GCC 12 has no <format>; use fmt"),
    ("random", r"random$", (), False, "use Entropy (foundation/system/entropy.h)"),
    ("ctime", r"(ctime|time\.h)$", ("foundation/system",), True,
     "use Clock (foundation/system/clock.h) and the calendar types of <chrono>"),
    ("regex", r"regex$", (), True, "write a small parser: std::regex is slow and recurses on input"),
    ("iostream", r"iostream$", ("app",), False, "use foundation/log"),
    ("gtest", r"g(test|mock)/", (), False, "production code knows no test library"),
)

_CALL = r"(?<![\w.>])(?:std\s*::\s*|::\s*)?"

# (rule, pattern, homes, holds in tests too, instead). The SDK lives in other people's programs, which bring no
# Clock of ours: its calls take the time as an argument whose default is the machine's.
BANNED_CALLS = (
    ("system_clock::now", r"\bsystem_clock\s*::\s*now\b", ("foundation/system", "sdk/cpp"), True,
     "take a Clock and ask wall_now()"),
    ("steady_clock::now", r"\b(steady|high_resolution)_clock\s*::\s*now\b", ("foundation/system", "sdk/cpp"), False,
     "take a Clock and ask steady_now()"),
    ("time()", _CALL + r"time\s*\(\s*(nullptr|NULL|0|&)", ("foundation/system",), True,
     "take a Clock and ask wall_now()"),
    ("clock_gettime", r"\b(clock_gettime|gettimeofday|timespec_get)\s*\(", ("foundation/system",), True,
     "take a Clock"),
    ("localtime", r"(?<!fmt::)\b(gmtime|localtime|mktime|timegm|strftime|ctime|asctime)(_r)?\s*\(", (), True,
     "use the calendar types of <chrono>"),
    ("getenv", r"\b(secure_getenv|getenv|setenv|putenv|unsetenv)\s*\(", ("foundation/system",), False,
     "settings come from sealpost.toml through app/config"),
    ("rand", r"(?<![\w.>])(?:std\s*::\s*)?(s?rand|random|s?rand48|rand_r|drand48|arc4random)\s*\(", (), True,
     "draw from Entropy"),
    ("random_device", r"\b(random_device|default_random_engine)\b", (), True, "draw from Entropy; tests seed one"),
    ("mt19937", r"\bmt19937(_64)?\b", (), False, "draw from Entropy"),
    ("getrandom", r"\b(getrandom|getentropy|RAND_bytes|RAND_priv_bytes)\s*\(", ("foundation/system",), True,
     "draw from Entropy"),
    ("memcmp", r"\b(memcmp|bcmp|timingsafe_bcmp|CRYPTO_memcmp)\s*\(", (), True,
     "use constant_time_equal() for secrets, std::ranges::equal or <=> for public bytes"),
    ("std::format", r"\bstd\s*::\s*v?(format|format_to|print|println)\s*\(", (), True, "use fmt"),
    ("strcpy", r"\b(st[rp]n?cpy|strn?cat|v?sprintf|gets|strtok|alloca)\s*\(", (), False,
     "use std::string and fmt"),
    ("atoi", r"(?<![\w.>])(?:std\s*::\s*)?(ato[ifl]l?|strtou?ll?|strto[fd]|sto[ilfd]|stou?ll?|sscanf)\s*\(", (), False, "use std::from_chars, which tells failure and ignores the locale"),
    ("strerror", r"\bstrerror\s*\(", (), True, "use std::generic_category().message()"),
    ("system()", r"(?<![\w.>:])(?:std\s*::\s*)?(system|popen|vfork|wordexp)\s*\(", (), True,
     "start programs without a shell (posix_spawn)"),
    ("sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(|(?<![\w.>])::?sleep\s*\(", (), True,
     "wait on an event with a deadline; tests drive a FakeClock"),
    ("std::thread", r"\bstd\s*::\s*thread\b(?!\s*::)", (), False, "use std::jthread, which joins and can be stopped"),
    ("detach", r"\.\s*detach\s*\(\s*\)", (), True, "keep the thread and join it"),
    ("coroutine", r"\bco_(await|return|yield)\b", ("edge/http_server", "edge/http_sender"), True,
     "no coroutines outside the socket modules: GCC 12 destroys captures twice"),
    ("std::regex", r"\bstd\s*::\s*regex\w*", (), True, "write a small parser"),
    ("assert", r"(?<![\w])assert\s*\(", (), True, "use SEALPOST_CHECK, which holds in release too"),
    ("exit", r"\bstd\s*::\s*(exit|quick_exit|abort|terminate)\s*\(|(?<![\w.>])(::\s*)?_?exit\s*\(", ("foundation/result", "app"), False,
     "return a Result; SEALPOST_CHECK for bugs"),
    ("stdout", r"\bstd\s*::\s*(cout|cerr|clog)\b|" + _CALL + r"f?printf\s*\(|" + _CALL + r"f?puts\s*\(",
     ("foundation/result", "app"), False, "use foundation/log"),
)

# Names of values that must not be compared with == in the trust floor and below it in the verification code.
SECRET_NAMES = r"(\w*_)?(signature|hmac|mac|tag|secret|digest|password|token_hash)"

LOCK_FILES = r"package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|requirements[\w.-]*\.txt|" \
             r"go\.(mod|sum|work)|\.npmrc|pip\.conf|uv\.lock|poetry\.lock|Cargo\.lock|gradle\.lockfile"
LOCK_RULES = (
    (r'"resolved"\s*:|^\s*resolved[ :]', "a download address"),
    (r"--(extra-)?index-url|--find-links|--trusted-host|(^|\s)-[if] \S", "an index address"),
    (r"\bregistry\s*=|\bregistry\.|pythonhosted|pypi\.|proxy\.golang|npmjs|artifactory|/simple\b", "a registry's name"),
    (r"git\+(https?|ssh)|@ https?://|file:\.\.", "a package from outside a registry"),
)

MARKS = r"\b(TODO|FIXME|XXX|HACK)\b"

_DOCS = ("docs/", "contract/", "README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG")
_ALL = ("",)

# (pattern, where it is wrong, the right word): the glossary, and what is easily misspelt.
WORDS = (
    (r"\borganisations?\b|\borganisation_\w*", _ALL, "organization"),
    (r"\btenants?(_id)?\b", ("contract/",), "organization"),
    (r"\bweb[ -]hooks?\b", _ALL, "webhook"),
    (r"\btime[ -]stamps?\b", _ALL, "timestamp"),
    (r"\baudit (event|entry|log entry)\b", _DOCS, "audit record"),
    (r"\bapi[ -]keys?\b", ("contract/",), "credential"),
    (r"\bdead[ -]letters? queue\b", _DOCS, "dead letter"),
    (r"\bsign(ing)? ?secret_key\b", _ALL, "signing key"),
    (r"\brecie[pv]\w*", _ALL, "receipt or receive"),
    (r"\bsepe?rat(e|ed|ion)\b(?<!separate)(?<!separated)(?<!separation)", _ALL, "separate"),
    (r"\boccured\b|\boccurence\b", _ALL, "occurred, occurrence"),
    (r"\bidempotan\w*|\bidempotent[- ]key\b", _ALL, "idempotency key"),
)
