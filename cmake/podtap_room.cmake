# Builds the GoogleTest binaries of all rooms.
add_custom_target(unit_tests)

# podtap_tidy_test(TARGET): clang-tidy without its path-sensitive analyzer, which would
# spend four fifths of the time on what GoogleTest's macros expand to.
function(podtap_tidy_test target)
  if(CMAKE_CXX_CLANG_TIDY)
    set_target_properties(${target} PROPERTIES
      CXX_CLANG_TIDY "${CMAKE_CXX_CLANG_TIDY};--checks=-clang-analyzer-*")
  endif()
endfunction()

# podtap_room(NAME DEPS room... LIBS target...)
# One library a room: src/NAME/**/*.cc, less the *_test.cc, which become the
# GoogleTest binary NAME_test. Includes are written from src/: "ir/ir.h".
function(podtap_room name)
  cmake_parse_arguments(ROOM "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(sources)
    add_library(podtap_${name} STATIC ${sources})
    podtap_precompile(podtap_${name} room)
    set(scope PUBLIC)
  else()
    add_library(podtap_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(podtap_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(podtap_${name} ${scope} podtap_fmt ${ROOM_LIBS})
  foreach(dep ${ROOM_DEPS})
    target_link_libraries(podtap_${name} ${scope} podtap_${dep})
  endforeach()

  if(tests AND GTest_FOUND)
    add_executable(${name}_test ${tests})
    podtap_precompile(${name}_test test)
    target_link_libraries(${name}_test PRIVATE podtap_${name} GTest::gtest GTest::gmock
                                               GTest::gtest_main)
    target_compile_definitions(${name}_test
                               PRIVATE PODTAP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(
      ${name}_test PROPERTIES LABELS unit ENVIRONMENT
                              "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp")
    podtap_tidy_test(${name}_test)
    add_dependencies(unit_tests ${name}_test)
  endif()
endfunction()

# podtap_text(ROOM FILE HEADER NAMESPACE FUNCTION)
# src/ROOM/FILE becomes `std::string_view NAMESPACE::FUNCTION()` of the room's library;
# HEADER declares it.
function(podtap_text room file header namespace function)
  set(in ${CMAKE_SOURCE_DIR}/src/${room}/${file})
  set(out ${CMAKE_BINARY_DIR}/text/${room}_${function}.cc)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed_text.cmake)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DFILE=${in} -DHEADER=${header}
            -DNAMESPACE=${namespace} -DFUNCTION=${function} -P ${script}
    DEPENDS ${in} ${script} VERBATIM)
  target_sources(podtap_${room} PRIVATE ${out})
endfunction()
