// What the dynamic linker will read of a shared library: the ELF tables (Tool Interface Standard ELF 1.2; the version tables as in the LSB).
#pragma once

#include <cstring>
#include <elf.h>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace oag::test {

struct SharedLibrary {
  std::set<std::string> needed;    // libraries
  std::set<std::string> exported;  // defined symbols that others may bind to
  std::set<std::string> versions;  // versions asked of other libraries: "GLIBC_2.34"
};

// Of a 64-bit file of this machine's byte order. Throws std::runtime_error for anything else.
inline SharedLibrary read_shared_library(const std::vector<uint8_t>& file) {
  const auto at = [&](uint64_t offset, uint64_t bytes) {
    if (offset > file.size() || bytes > file.size() - offset) throw std::runtime_error("the ELF file is cut off");
    return file.data() + offset;
  };
  const auto take = [&](auto& to, uint64_t offset) { std::memcpy(&to, at(offset, sizeof to), sizeof to); };
  Elf64_Ehdr head;
  take(head, 0);
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_type != ET_DYN) throw std::runtime_error("no 64-bit shared library");
  std::vector<Elf64_Shdr> sections(head.e_shnum);
  for (size_t s = 0; s < sections.size(); s++) take(sections[s], head.e_shoff + s * head.e_shentsize);
  const auto text = [&](const Elf64_Shdr& strings, uint64_t offset) {
    return std::string(reinterpret_cast<const char*>(at(strings.sh_offset + offset, 1)), strnlen(reinterpret_cast<const char*>(at(strings.sh_offset + offset, 1)), strings.sh_size - offset));
  };

  SharedLibrary library;
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type == SHT_DYNAMIC)
      for (uint64_t offset = 0; offset < section.sh_size; offset += sizeof(Elf64_Dyn)) {
        Elf64_Dyn entry;
        take(entry, section.sh_offset + offset);
        if (entry.d_tag == DT_NEEDED) library.needed.insert(text(sections.at(section.sh_link), entry.d_un.d_val));
      }
    if (section.sh_type == SHT_DYNSYM)
      for (uint64_t offset = 0; offset < section.sh_size; offset += sizeof(Elf64_Sym)) {
        Elf64_Sym symbol;
        take(symbol, section.sh_offset + offset);
        const auto binding = ELF64_ST_BIND(symbol.st_info), visibility = ELF64_ST_VISIBILITY(symbol.st_other);
        if (symbol.st_shndx != SHN_UNDEF && binding != STB_LOCAL && (visibility == STV_DEFAULT || visibility == STV_PROTECTED))
          library.exported.insert(text(sections.at(section.sh_link), symbol.st_name));
      }
    if (section.sh_type == SHT_GNU_verneed) {
      uint64_t offset = section.sh_offset;
      for (uint32_t n = 0; n < section.sh_info; n++) {
        Elf64_Verneed need;
        take(need, offset);
        uint64_t version = offset + need.vn_aux;
        for (int v = 0; v < need.vn_cnt; v++) {
          Elf64_Vernaux name;
          take(name, version);
          library.versions.insert(text(sections.at(section.sh_link), name.vna_name));
          version += name.vna_next;
        }
        offset += need.vn_next;
      }
    }
  }
  return library;
}

}  // namespace oag::test
