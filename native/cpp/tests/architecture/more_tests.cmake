target_compile_definitions(architecture_tests PRIVATE OAG_SOURCES="${PROJECT_SOURCE_DIR}/native/cpp/src")
