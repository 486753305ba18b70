// Huge pages: memory that the processor finds with one entry of its TLB for 2 MiB instead of 4 KiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace oag {

enum class Pages : int { small, huge };

// Of x86-64, and of 64-bit Arm with small pages of 4 KiB. Where they are larger than this (Arm with 64 KiB: 512 MiB), the kernel finds no room for one and gives none.
inline constexpr size_t huge_page_bytes = size_t{2} << 20;

// `bytes` uninitialised, from a multiple of huge_page_bytes on, for munmap; null when there is no memory. The kernel is asked for huge pages (madvise), and what
// it says is not looked at: bytes_on_huge_pages tells what came of it. What lies behind the last whole 2 MiB is on small pages, so no memory is added.
void* map_on_huge_pages(size_t bytes) noexcept;

// How many of `bytes` lie on huge pages now, as /proc/self/smaps has it (AnonHugePages): pages are given when they are first written, and huge ones may come later and go.
int64_t bytes_on_huge_pages(const void* memory, size_t bytes);

// Empty when the kernel gives this process huge pages that it asks for, which is tried; else the reason with the remedy.
std::string huge_page_refusal();

}  // namespace oag
