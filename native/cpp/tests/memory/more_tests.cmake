# Every way to memory that the library and the codecs in it have goes through failing_memory.cpp: the linker renames what they call, and operator new is replaced.
target_sources(memory_tests PRIVATE ${CMAKE_CURRENT_LIST_DIR}/failing_memory.cpp)
foreach(function malloc calloc realloc posix_memalign aligned_alloc free)
  target_link_options(memory_tests PRIVATE -Wl,--wrap=${function})
endforeach()
