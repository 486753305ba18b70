# Beside the doctest program: what must hold of the object files. (See no_shared_code.cmake.)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(objects "$<JOIN:$<FILTER:$<TARGET_OBJECTS:oag_objects>,INCLUDE,kernels_avx[0-9]+[.]cpp>,|>")
  add_test(NAME kernels_no_shared_code
           COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} "-DOBJECTS=${objects}" -P ${CMAKE_CURRENT_LIST_DIR}/no_shared_code.cmake)
endif()
