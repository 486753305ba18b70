# Device libraries for tests, each with its manifest beside it.
set(plugins_folder ${CMAKE_CURRENT_LIST_DIR})
function(oag_add_test_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 plugin "" "ABI" "SOURCES")
  list(TRANSFORM plugin_SOURCES PREPEND ${plugins_folder}/)
  add_library(${name} MODULE ${plugin_SOURCES})
  target_include_directories(${name} PRIVATE ${plugins_folder} ${PROJECT_SOURCE_DIR}/native/cpp/src)
  target_compile_options(${name} PRIVATE -Wall -Wextra -pedantic)
  target_link_libraries(${name} PRIVATE m)
  if(DEFINED plugin_ABI)
    target_compile_definitions(${name} PRIVATE PLAIN_PLUGIN_ABI=${plugin_ABI})
  endif()
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND oag_plugin_manifest $<TARGET_FILE:${name}> $<TARGET_FILE:${name}>.manifest VERBATIM)
  add_dependencies(${name} oag_plugin_manifest)
  # Its manifest says the ABI, so another ABI is another manifest.
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${PROJECT_SOURCE_DIR}/native/cpp/src/runtime/plugin_abi.h)
  add_dependencies(plugins_tests ${name})
endfunction()

oag_add_test_plugin(oag_plain_plugin ABI OAG_PLUGIN_ABI SOURCES plain_plugin.c plain_operations.c)
oag_add_test_plugin(oag_later_plugin ABI OAG_PLUGIN_ABI+1 SOURCES plain_plugin.c plain_operations.c)
oag_add_test_plugin(oag_silent_plugin ABI 0 SOURCES plain_plugin.c plain_operations.c)
oag_add_test_plugin(oag_no_plugin SOURCES no_plugin.c)
target_compile_definitions(plugins_tests PRIVATE
  OAG_PLAIN_PLUGIN="$<TARGET_FILE:oag_plain_plugin>" OAG_LATER_PLUGIN="$<TARGET_FILE:oag_later_plugin>"
  OAG_SILENT_PLUGIN="$<TARGET_FILE:oag_silent_plugin>" OAG_NO_PLUGIN="$<TARGET_FILE:oag_no_plugin>")
