# Language level, warnings and hardening that every target of ours shares.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(SEALPOST_TESTS "Build the tests" ON)
option(SEALPOST_FUZZ "Build the fuzz targets with libFuzzer (needs Clang)" OFF)
option(SEALPOST_BENCH "Build the micro-benchmarks" OFF)
set(SEALPOST_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
option(SEALPOST_TEST_GULLIBLE_VERIFIER "Build sealpost_gullible, which the demo must fail against; for tests" OFF)
option(SEALPOST_COVERAGE "Instrument for coverage" OFF)

find_program(SEALPOST_CCACHE ccache)
if(SEALPOST_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SEALPOST_CCACHE}")
endif()
find_program(SEALPOST_MOLD mold)
if(SEALPOST_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(sealpost_options INTERFACE)
target_compile_options(sealpost_options INTERFACE
  -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports -Wrestrict and friends inside its own <string> at -O2 (GCC bug 105651).
  target_compile_options(sealpost_options INTERFACE -Wno-restrict)
else()
  # Clang reports what libstdc++ 12 itself deprecates and uses, in std::stable_sort. GCC watches our own uses.
  target_compile_options(sealpost_options INTERFACE -Wno-deprecated-declarations)
endif()

if(SEALPOST_SANITIZE)
  add_compile_options(-fsanitize=${SEALPOST_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SEALPOST_SANITIZE})
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  if(SEALPOST_SANITIZE MATCHES "thread")
    # GCC's thread sanitizer does not see fences, and Asio has other means beside them; what it puts into the code
    # makes GCC 12 doubt values inside std::optional that are never read, and bounds inside std::string.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    add_compile_options(-Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow
      -Wno-stringop-overread)
  endif()
else()
  add_compile_options(-fstack-protector-strong)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
  if(CMAKE_BUILD_TYPE MATCHES "Rel")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  endif()
endif()
if(SEALPOST_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
