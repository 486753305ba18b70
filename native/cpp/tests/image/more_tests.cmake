# The loops for AVX-512, by SIMDe in portable code: tested on machines that cannot run them. tests/support/simde has an immintrin.h that comes before the
# compiler's.
find_path(OAG_SIMDE_INCLUDE NAMES simde/x86/avx512.h DOC "folder of SIMDe (Debian's libsimde-dev)")
if(OAG_SIMDE_INCLUDE)
  add_library(resize_avx512_emulated OBJECT ${PROJECT_SOURCE_DIR}/native/cpp/src/image/resize_avx512.cpp)
  target_include_directories(resize_avx512_emulated PRIVATE ${PROJECT_SOURCE_DIR}/native/cpp/tests/support/simde ${PROJECT_SOURCE_DIR}/native/cpp/src)
  target_include_directories(resize_avx512_emulated SYSTEM PRIVATE ${OAG_SIMDE_INCLUDE})
  target_compile_definitions(resize_avx512_emulated PRIVATE horizontal_rows_avx512=horizontal_rows_avx512_emulated
                                                            vertical_row_avx512=vertical_row_avx512_emulated)
  target_link_libraries(image_tests PRIVATE resize_avx512_emulated)
  target_compile_definitions(image_tests PRIVATE OAG_EMULATED_AVX512)
endif()
