# The tests read the sources, the public header and the library that is shipped.
add_dependencies(architecture_tests openautoglm)
target_compile_definitions(architecture_tests PRIVATE OAG_SOURCES="${PROJECT_SOURCE_DIR}/native/cpp/src" OAG_CUDA_SOURCES="${PROJECT_SOURCE_DIR}/native/cuda"
  OAG_HEADER="${PROJECT_SOURCE_DIR}/native/cpp/include/openautoglm.h" OAG_LIBRARY="$<TARGET_FILE:openautoglm>")
if("${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize=")
  target_compile_definitions(architecture_tests PRIVATE OAG_SANITIZED)
endif()
