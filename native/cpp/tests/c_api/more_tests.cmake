# The public header is C: a strict C11 compiler reads it, and what it calls is linked into the room's program.
target_sources(c_api_tests PRIVATE ${CMAKE_CURRENT_LIST_DIR}/c_program.c)
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/c_program.c PROPERTIES
  COMPILE_OPTIONS "-std=c11;-pedantic;-Wall;-Wextra;-Wstrict-prototypes;-Werror")
# What a vendor does with the library. The NAR plugin compiles and runs the same program, but not one for another processor.
if(CMAKE_CROSSCOMPILING)
  add_executable(c_consumer ${PROJECT_SOURCE_DIR}/native/src/test/c/consumer.c)
  target_link_libraries(c_consumer PRIVATE openautoglm m)
  add_test(NAME c_consumer COMMAND c_consumer ${PROJECT_SOURCE_DIR}/testdata/models)
endif()
