# Beside the doctest program: what must hold of the object files that are compiled for one instruction set, in every room. (See no_shared_code.cmake.)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|aarch64|arm64")
  set(objects "$<JOIN:$<FILTER:$<TARGET_OBJECTS:oag_objects>,INCLUDE,_(avx[0-9]+[a-z0-9]*|neon)[.]cpp>,|>")
  add_test(NAME isa_units_share_no_code
           COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} "-DOBJECTS=${objects}" -P ${CMAKE_CURRENT_LIST_DIR}/no_shared_code.cmake)
endif()

# The units of AVX-512 a second time, with intrinsics that AVX2 computes: every test run faces them, on a machine without AVX-512 too (emulated/immintrin.h).
find_path(OAG_SIMDE simde/x86/avx512.h)
if(OAG_SIMDE AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(kernels ${PROJECT_SOURCE_DIR}/native/cpp/src/host/kernels)
  add_library(oag_emulated_avx512 OBJECT ${kernels}/kernels_avx512.cpp ${kernels}/kernels_avx512vnni.cpp ${kernels}/kernels_avx512bf16.cpp)
  target_include_directories(oag_emulated_avx512 BEFORE PRIVATE ${CMAKE_CURRENT_LIST_DIR}/emulated)
  target_include_directories(oag_emulated_avx512 PRIVATE ${PROJECT_SOURCE_DIR}/native/cpp/src)
  target_include_directories(oag_emulated_avx512 SYSTEM PRIVATE ${OAG_SIMDE})
  target_compile_definitions(oag_emulated_avx512 PRIVATE OAG_EMULATED_AVX512 avx512_kernels=emulated_avx512_kernels avx512vnni_int8=emulated_avx512vnni_int8
                             avx512bf16_matrix=emulated_avx512bf16_matrix avx512bf16_attention=emulated_avx512bf16_attention)
  target_compile_options(oag_emulated_avx512 PRIVATE -mavx2 -mfma -mf16c -ffp-contract=off -Wno-psabi)
  target_sources(kernels_tests PRIVATE $<TARGET_OBJECTS:oag_emulated_avx512>)
  target_compile_definitions(kernels_tests PRIVATE OAG_EMULATED_AVX512)
else()
  message(STATUS "without SIMDe (package libsimde-dev) the kernels for AVX-512 are tested on a CPU that has it alone")
endif()
