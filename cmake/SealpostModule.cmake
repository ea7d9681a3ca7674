# sealpost_module(): one flat folder server/<floor>/<module>/ becomes one library, one test program,
# and one fuzz program per *_fuzz.cc.
#
#   sealpost_module(
#     USES     foundation/bytes domain/model     # modules below; linked PUBLIC
#     SIDEWAYS "domain/model: why this floor may lean on its neighbour"
#     LIBS     OpenSSL::Crypto                   # parts from others
#     TEST_USES storage/store_sqlite             # modules only the tests need (any floor below or equal)
#     TEST_LIBS ...)
#
# A link to a higher floor, or sideways without a reason, stops the configuration.
set(SEALPOST_FLOORS foundation domain storage trust access flow edge app)
define_property(GLOBAL PROPERTY SEALPOST_MODULE_TABLE
  BRIEF_DOCS "One line per module: name|uses" FULL_DOCS "Written to modules.txt for tools/")

function(_sealpost_floor_index module out)
  string(REGEX REPLACE "/.*" "" floor "${module}")
  list(FIND SEALPOST_FLOORS "${floor}" index)
  if(index EQUAL -1)
    message(FATAL_ERROR "sealpost_module: '${module}' names no floor of: ${SEALPOST_FLOORS}")
  endif()
  set(${out} ${index} PARENT_SCOPE)
endfunction()

function(_sealpost_target module out)
  string(REPLACE "/" "_" name "${module}")
  set(${out} "sealpost_${name}" PARENT_SCOPE)
endfunction()

function(_sealpost_check_link module dependency sideways)
  _sealpost_floor_index("${module}" mine)
  _sealpost_floor_index("${dependency}" theirs)
  if(theirs GREATER mine)
    message(FATAL_ERROR
      "sealpost_module: ${module} may not use ${dependency}: a floor knows nothing of those above it")
  endif()
  if(theirs EQUAL mine AND NOT mine EQUAL 0)
    foreach(reason IN LISTS sideways)
      if(reason MATCHES "^${dependency}: .+")
        return()
      endif()
    endforeach()
    message(FATAL_ERROR
      "sealpost_module: ${module} uses ${dependency} on its own floor without a SIDEWAYS reason")
  endif()
endfunction()

# A program that feeds octets to LLVMFuzzerTestOneInput(): libFuzzer does with SEALPOST_FUZZ, else the
# ordinary tests replay the committed corpus, fuzz/corpus/<name without _fuzz>/. `title` names it as ./dev fuzz
# and ctest show it.
function(sealpost_fuzz_target target title source)
  string(REGEX REPLACE "^.*/|_fuzz$" "" corpus "${title}")
  set(corpus "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${corpus}")
  if(SEALPOST_FUZZ)
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE ${ARGN} $<BUILD_INTERFACE:sealpost_options>)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    file(RELATIVE_PATH program "${CMAKE_BINARY_DIR}" "${CMAKE_CURRENT_BINARY_DIR}/${target}")
    file(RELATIVE_PATH corpus "${CMAKE_SOURCE_DIR}" "${corpus}")
    set_property(GLOBAL APPEND PROPERTY SEALPOST_FUZZERS "${title}|${target}|${program}|${corpus}")
  elseif(SEALPOST_TESTS)
    add_executable(${target}_replay ${source} ${CMAKE_SOURCE_DIR}/cmake/fuzz_replay.cc)
    target_link_libraries(${target}_replay PRIVATE ${ARGN} $<BUILD_INTERFACE:sealpost_options>)
    add_test(NAME ${title} COMMAND ${target}_replay "${corpus}")
    set_tests_properties(${title} PROPERTIES TIMEOUT 120 LABELS fuzz_replay)
  endif()
endfunction()

function(sealpost_module)
  cmake_parse_arguments(M "" "" "USES;SIDEWAYS;LIBS;TEST_USES;TEST_LIBS" ${ARGN})
  if(M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sealpost_module: unknown words: ${M_UNPARSED_ARGUMENTS}")
  endif()
  file(RELATIVE_PATH module "${SEALPOST_SERVER_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  _sealpost_target("${module}" target)
  foreach(dependency IN LISTS M_USES)
    _sealpost_check_link("${module}" "${dependency}" "${M_SIDEWAYS}")
  endforeach()
  string(REPLACE ";" " " uses_flat "${M_USES}")
  string(REPLACE ";" " " test_uses_flat "${M_TEST_USES}")
  set_property(GLOBAL APPEND PROPERTY SEALPOST_MODULE_TABLE "${module}|${uses_flat}|${test_uses_flat}")

  file(GLOB sources CONFIGURE_DEPENDS *.cc internal/*.cc)
  file(GLOB testing CONFIGURE_DEPENDS testing/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  file(GLOB more_fuzzers CONFIGURE_DEPENDS fuzz/*_fuzz.cc)
  list(APPEND fuzzers ${more_fuzzers})
  set(benches ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_bench)\\.cc$")

  set(link_to)
  foreach(dependency IN LISTS M_USES)
    _sealpost_target("${dependency}" dep_target)
    list(APPEND link_to ${dep_target})
  endforeach()
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${SEALPOST_SERVER_DIR}>")
    target_link_libraries(${target} PUBLIC ${link_to} ${M_LIBS}
      PRIVATE $<BUILD_INTERFACE:sealpost_options>)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "$<BUILD_INTERFACE:${SEALPOST_SERVER_DIR}>")
    target_link_libraries(${target} INTERFACE ${link_to} ${M_LIBS})
  endif()
  if(testing AND (SEALPOST_TESTS OR SEALPOST_BENCH OR SEALPOST_FUZZ))
    add_library(${target}_testing STATIC ${testing})
    target_link_libraries(${target}_testing PUBLIC ${target} GTest::gtest GTest::gmock
      PRIVATE $<BUILD_INTERFACE:sealpost_options>)
  endif()

  set(test_link ${target})
  if(TARGET ${target}_testing)
    list(APPEND test_link ${target}_testing)
  endif()
  foreach(dependency IN LISTS M_USES M_TEST_USES)
    _sealpost_target("${dependency}" dep_target)
    list(APPEND test_link ${dep_target})
    if(TARGET ${dep_target}_testing)
      list(APPEND test_link ${dep_target}_testing)
    endif()
  endforeach()
  if(tests AND SEALPOST_TESTS)
    add_executable(${target}_test ${tests})
    target_link_libraries(${target}_test PRIVATE ${test_link} ${M_TEST_LIBS} GTest::gtest_main GTest::gmock
      $<BUILD_INTERFACE:sealpost_options>)
    target_compile_definitions(${target}_test PRIVATE SEALPOST_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
      SEALPOST_BINARY_DIR="${CMAKE_BINARY_DIR}")
    add_test(NAME ${module} COMMAND ${target}_test)
    set_tests_properties(${module} PROPERTIES TIMEOUT 300 LABELS unit)
  endif()
  foreach(fuzzer IN LISTS fuzzers)
    get_filename_component(name "${fuzzer}" NAME_WE)
    sealpost_fuzz_target(${target}_${name} "${module}/${name}" "${fuzzer}" ${test_link})
  endforeach()
  if(benches AND SEALPOST_BENCH)
    add_executable(${target}_bench ${benches})
    target_link_libraries(${target}_bench PRIVATE ${test_link} benchmark::benchmark_main
      $<BUILD_INTERFACE:sealpost_options>)
  endif()
endfunction()

# Writes what every module declared, for the include checker in tools/.
function(sealpost_write_module_table)
  get_property(table GLOBAL PROPERTY SEALPOST_MODULE_TABLE)
  set(lines "")
  foreach(row IN LISTS table)
    string(APPEND lines "${row}\n")
  endforeach()
  file(WRITE "${CMAKE_BINARY_DIR}/modules.txt" "${lines}")
endfunction()

# Writes what there is to fuzz, for ./dev fuzz: title|target|program|corpus, one to a line.
function(sealpost_write_fuzzer_table)
  get_property(table GLOBAL PROPERTY SEALPOST_FUZZERS)
  list(JOIN table "\n" lines)
  file(WRITE "${CMAKE_BINARY_DIR}/fuzzers.txt" "${lines}\n")
endfunction()
