# CMake toolchain of linux-x86_64: built on the platform itself, so neither CMAKE_SYSTEM_NAME nor an emulator is set.
set(CMAKE_C_COMPILER gcc CACHE STRING "C compiler")
set(CMAKE_CXX_COMPILER g++ CACHE STRING "C++ compiler")

# GPUs a library of this platform is built for. No CUDA code yet: this is the list that native/cuda will read.
set(OAG_GPU_ARCHITECTURES 75-real 80-real 86-real 89-real 90a-real 100a-real 120 CACHE STRING "CUDA architectures")
