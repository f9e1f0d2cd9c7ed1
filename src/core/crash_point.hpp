#pragma once

// Places where a test lets the process die, as `kill -9` would end it right there. They exist in
// builds with the CMake option MOSAICO_CRASH_POINTS; in others a call is nothing.
//
// The environment names a file, MOSAICO_CRASH_FILE=<path>. While it holds "<name> <count>", the
// process dies when it comes to the point of that name for the count-th time. The file is read
// anew at each point, so that a process that runs can be armed.
namespace mosaico::core {

#ifdef MOSAICO_CRASH_POINTS
void crash_point(const char* name);
#else
inline void crash_point(const char* /*name*/) {}
#endif

}  // namespace mosaico::core
