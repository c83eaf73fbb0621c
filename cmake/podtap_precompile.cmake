# Precompiled headers: most of what a compiler reads here is the standard library's, and
# a cold build of three presets has to fit into CI. Headers stay complete by themselves:
# the tidy and fuzz presets build without.
#
# podtap_precompile(TARGET KIND), KIND one of room, test, command.
set(podtap_std_headers <algorithm> <array> <charconv> <chrono> <cstdint> <cstring> <deque>
  <expected> <fstream> <functional> <map> <memory> <mutex> <optional> <set> <span> <string>
  <string_view> <thread> <tuple> <unordered_map> <utility> <variant> <vector>)
set(podtap_room_headers ${podtap_std_headers})
set(podtap_test_headers ${podtap_std_headers} <gmock/gmock.h> <gtest/gtest.h>)
# Not CLI11 and nlohmann-json: one file in four needs them, and a precompiled header as
# large as that costs the others three seconds each.
set(podtap_command_headers ${podtap_std_headers})

# What a precompiled header was compiled with has to be what its users are compiled with,
# -fPIC or -fPIE included: so a carrier of each kind, of the same type as its users.
file(WRITE ${CMAKE_BINARY_DIR}/precompile/library.cc "")
file(WRITE ${CMAKE_BINARY_DIR}/precompile/program.cc "int main() { return 0; }\n")
add_library(podtap_precompiled_room STATIC EXCLUDE_FROM_ALL
            ${CMAKE_BINARY_DIR}/precompile/library.cc)
add_executable(podtap_precompiled_command EXCLUDE_FROM_ALL
               ${CMAKE_BINARY_DIR}/precompile/program.cc)
if(GTest_FOUND)
  add_executable(podtap_precompiled_test EXCLUDE_FROM_ALL
                 ${CMAKE_BINARY_DIR}/precompile/program.cc)
  target_link_libraries(podtap_precompiled_test PRIVATE GTest::gtest GTest::gmock)
endif()
foreach(kind room test command)
  if(TARGET podtap_precompiled_${kind})
    target_precompile_headers(podtap_precompiled_${kind} PRIVATE ${podtap_${kind}_headers})
  endif()
endforeach()

function(podtap_precompile target kind)
  target_precompile_headers(${target} REUSE_FROM podtap_precompiled_${kind})
endfunction()
