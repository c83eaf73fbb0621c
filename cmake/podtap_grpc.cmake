# gRPC and the messages of proto/, which src/container alone uses.
#
# grpc++_unsecure has no TLS: the runtimes' sockets are local. The messages are of
# protobuf's lite kind; nothing of full protobuf is linked.
pkg_check_modules(GRPC REQUIRED grpc++_unsecure)
pkg_check_modules(PROTOBUF_LITE REQUIRED protobuf-lite)
find_program(PODTAP_PROTOC protoc REQUIRED)

add_library(podtap_grpc INTERFACE)
if(PODTAP_STATIC)
  # pkg-config's static list has abseil, but not what Debian builds outside of gRPC; the
  # list of libgrpc's .pc names full protobuf.
  set(libraries ${GRPC_STATIC_LIBRARIES})
  list(REMOVE_ITEM libraries protobuf)
  target_link_libraries(podtap_grpc INTERFACE ${libraries} address_sorting upb cares re2
                                              protobuf-lite z pthread)
else()
  target_link_libraries(podtap_grpc INTERFACE ${GRPC_LIBRARIES} ${PROTOBUF_LITE_LIBRARIES})
endif()

set(cri ${CMAKE_BINARY_DIR}/proto/cri.pb)
add_custom_command(
  OUTPUT ${cri}.cc ${cri}.h
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/proto
  COMMAND ${PODTAP_PROTOC} -I${CMAKE_SOURCE_DIR}/proto --cpp_out=${CMAKE_BINARY_DIR}/proto
          ${CMAKE_SOURCE_DIR}/proto/cri.proto
  DEPENDS ${CMAKE_SOURCE_DIR}/proto/cri.proto
  COMMENT "Generating cri.pb.cc" VERBATIM)
add_library(podtap_cri_messages STATIC ${cri}.cc ${cri}.h)
# Generated: neither our warnings nor our style.
target_compile_options(podtap_cri_messages PRIVATE -w)
set_target_properties(podtap_cri_messages PROPERTIES CXX_CLANG_TIDY "")
target_include_directories(podtap_cri_messages SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/proto)
target_link_libraries(podtap_cri_messages PUBLIC podtap_grpc)
