// oag_plugin_manifest LIBRARY [MANIFEST]: writes the manifest that belongs beside a device library, to MANIFEST or to standard output. A build step of every
// device library.
#include <cstdio>
#include <fstream>
#include <iostream>

#include "core/error.h"
#include "runtime/plugin.h"

int main(int count, char** arguments) {
  if (count != 2 && count != 3) {
    std::fprintf(stderr, "usage: oag_plugin_manifest LIBRARY [MANIFEST]\n");
    return 2;
  }
  try {
    const std::string manifest = oag::plugin_manifest(arguments[1]);
    if (count == 2) {
      std::cout << manifest << std::flush;
      return std::cout ? 0 : 1;
    }
    std::ofstream file(arguments[2], std::ios::binary);
    if (file << manifest << std::flush) return 0;
    std::fprintf(stderr, "oag_plugin_manifest: %s cannot be written\n", arguments[2]);
  } catch (const oag::Error& e) {
    std::fprintf(stderr, "oag_plugin_manifest: %s\n", e.what());
  }
  return 1;
}
