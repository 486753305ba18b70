# The public header is C: a strict C11 compiler reads it, and what it calls is linked into the room's program.
target_sources(c_api_tests PRIVATE ${CMAKE_CURRENT_LIST_DIR}/c_program.c)
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/c_program.c PROPERTIES
  COMPILE_OPTIONS "-std=c11;-pedantic;-Wall;-Wextra;-Wstrict-prototypes;-Werror")
