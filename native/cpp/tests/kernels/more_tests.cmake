# Beside the doctest program: what must hold of the object files that are compiled for one instruction set, in every room. (See no_shared_code.cmake.)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|aarch64|arm64")
  set(objects "$<JOIN:$<FILTER:$<TARGET_OBJECTS:oag_objects>,INCLUDE,_(avx[0-9]+|neon)[.]cpp>,|>")
  add_test(NAME isa_units_share_no_code
           COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} "-DOBJECTS=${objects}" -P ${CMAKE_CURRENT_LIST_DIR}/no_shared_code.cmake)
endif()
