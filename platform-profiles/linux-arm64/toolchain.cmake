# CMake toolchain of linux-arm64: on such a machine its own compiler; on another one Debian's cross compiler, the static codecs of the sysroot that
# tools/arm64/sysroot unpacks, and an emulator, in which CTest and the build run what they built.
set(oag_sysroot "${CMAKE_CURRENT_LIST_DIR}/../../target/linux-arm64/sysroot")
cmake_path(NORMAL_PATH oag_sysroot)

if(CMAKE_HOST_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(CMAKE_C_COMPILER gcc CACHE STRING "C compiler")
  set(CMAKE_CXX_COMPILER g++ CACHE STRING "C++ compiler")
else()
  set(CMAKE_SYSTEM_NAME Linux)
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc CACHE STRING "C compiler")
  set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++ CACHE STRING "C++ compiler")
  if(NOT EXISTS ${oag_sysroot}/complete)
    message(FATAL_ERROR "${oag_sysroot} holds the arm64 libraries that the build links, and it is not there: run tools/arm64/sysroot")
  endif()
  # The compiler has its own C library; what is unpacked comes from Debian's packages of the architecture, and libraries that are headers alone from this machine.
  set(CMAKE_FIND_ROOT_PATH ${oag_sysroot})
  set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
  set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
  set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
  set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
  set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

  # QEMU_CPU in the environment chooses among `qemu-aarch64 -cpu help`; by default it is one that has everything.
  find_program(OAG_QEMU_AARCH64 NAMES qemu-aarch64 qemu-aarch64-static DOC "QEMU's user emulation of 64-bit Arm")
  if(NOT OAG_QEMU_AARCH64)
    message(FATAL_ERROR "qemu-aarch64 is needed to run what is built for linux-arm64: apt-get install qemu-user")
  endif()
  set(CMAKE_CROSSCOMPILING_EMULATOR ${OAG_QEMU_AARCH64} -E OAG_SLOW_MACHINE=1 -L /usr/aarch64-linux-gnu)
endif()

# GPUs a library of this platform is built for: Jetson Orin and Thor, and the servers with Grace. No CUDA code yet.
set(OAG_GPU_ARCHITECTURES 87-real 90a-real 100a-real 110-real CACHE STRING "CUDA architectures")
