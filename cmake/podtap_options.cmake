# Warnings, sanitizers, ccache, static linking and the third-party packages.
option(PODTAP_STATIC "Link one static-pie binary" OFF)
option(PODTAP_FUZZ "Build the fuzzers (clang only)" OFF)
set(PODTAP_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

find_program(PODTAP_CCACHE ccache)
if(PODTAP_CCACHE)
  # What ccache has to overlook to cache a compilation with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros ${PODTAP_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                    -Wold-style-cast -Werror -fno-strict-aliasing)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # When it optimises, gcc 12 sees overlapping copies in `"x" + std::string` (its
  # bug 105329), unset values in an empty std::optional that was just tested, and, in
  # headers that are precompiled, copies past the end of a moved short string.
  # A designated initialiser leaves out what has a default on purpose.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds
                      -Wno-stringop-overflow -Wno-stringop-overread -Wno-missing-field-initializers)
else()
  # clang looks into libbpf's option macros.
  add_compile_options(-Wno-c99-extensions -Wno-gnu-statement-expression-from-macro-expansion
                      -Wno-missing-designated-field-initializers)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libstdc++ 12's stable_sort uses what clang 19 calls deprecated.
  add_compile_options(-Wno-deprecated-declarations)
endif()
add_compile_definitions(_FORTIFY_SOURCE=2)

if(PODTAP_SANITIZE)
  add_compile_options(-fsanitize=${PODTAP_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all -U_FORTIFY_SOURCE)
  add_link_options(-fsanitize=${PODTAP_SANITIZE})
endif()
if(PODTAP_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
                      -U_FORTIFY_SOURCE)
  add_link_options(-fsanitize=address,undefined)
endif()

find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

if(PODTAP_STATIC)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  add_link_options(-static-pie)
  # pkg-config's module takes the shared library where both are there.
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  # libbpf needs elf and zlib, and its archive doesn't say so.
  pkg_check_modules(BPF REQUIRED IMPORTED_TARGET libbpf)
  target_link_libraries(PkgConfig::BPF INTERFACE elf z)
else()
  pkg_check_modules(BPF REQUIRED IMPORTED_TARGET libbpf)
endif()
# Debian's libfmt-dev has no archive, so the header-only form everywhere.
add_library(podtap_fmt INTERFACE)
target_link_libraries(podtap_fmt INTERFACE fmt::fmt-header-only)

find_package(GTest)
