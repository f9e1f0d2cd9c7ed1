# How our targets are compiled, and the function that declares one folder of src/.

# Warnings and sanitizers: every target of ours, examples and libmosaico included.
add_library(mosaico_build_flags INTERFACE)
target_compile_features(mosaico_build_flags INTERFACE cxx_std_20)
if(MOSAICO_DEVELOPER)
  target_compile_options(mosaico_build_flags INTERFACE
                         -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
  # GCC 12 at -O3 sees overlaps in std::string where there are none (its bug 105329).
  target_compile_options(mosaico_build_flags INTERFACE $<$<CONFIG:Release>:-Wno-restrict>)
  # Some fifty executables with debug information: a quick linker saves minutes of a whole build.
  find_program(MOSAICO_MOLD mold)
  if(MOSAICO_MOLD)
    target_link_options(mosaico_build_flags INTERFACE -fuse-ld=mold)
  endif()
endif()
if(MOSAICO_SANITIZE)
  target_compile_options(mosaico_build_flags INTERFACE
                         -fsanitize=${MOSAICO_SANITIZE} -fno-sanitize-recover=all
                         -fno-omit-frame-pointer
                         # GCC sees the sanitizers' own code paths as uninitialized ones.
                         $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(mosaico_build_flags INTERFACE -fsanitize=${MOSAICO_SANITIZE})
endif()

# The same, and the view from inside: public headers and src/.
add_library(mosaico_build INTERFACE)
target_include_directories(mosaico_build INTERFACE "${PROJECT_SOURCE_DIR}/include"
                                                   "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(mosaico_build INTERFACE mosaico_build_flags nlohmann_json::nlohmann_json
                                              Threads::Threads)
if(MOSAICO_CRASH_POINTS)
  target_compile_definitions(mosaico_build INTERFACE MOSAICO_CRASH_POINTS)
endif()

find_program(MOSAICO_CCACHE ccache)
if(MOSAICO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Build trees side by side share the cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env CCACHE_NOHASHDIR=1
      "${MOSAICO_CCACHE}")
endif()

if(NOT MOSAICO_ARROW_FROM_WHEEL)
  # An Arrow that we do not install ourselves is found where it was when we linked.
  set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

# mosaico_folder(<folder> MAY_INCLUDE <folder>... [ONLY <file> MAY_ALSO_INCLUDE <folder>...]
#                [LINKS <library>...])
#
# Declares mosaico_<folder>, a static library of src/<folder>/*.cpp and one level below; main.cpp
# is left to the executables. A folder without sources yet is a target without code.
function(mosaico_folder folder)
  cmake_parse_arguments(arg "" "ONLY" "MAY_INCLUDE;MAY_ALSO_INCLUDE;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cpp" "${folder}/*/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  list(TRANSFORM arg_MAY_INCLUDE PREPEND mosaico_)
  list(TRANSFORM arg_MAY_ALSO_INCLUDE PREPEND mosaico_)
  set(target mosaico_${folder})
  if(sources)
    add_library(${target} STATIC ${sources})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${target} PUBLIC mosaico_build ${arg_MAY_INCLUDE} ${arg_LINKS}
                                    PRIVATE ${arg_MAY_ALSO_INCLUDE})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE mosaico_build ${arg_MAY_INCLUDE} ${arg_LINKS}
                                              ${arg_MAY_ALSO_INCLUDE})
  endif()
  set_property(TARGET ${target} PROPERTY MOSAICO_LINKS ${arg_LINKS})
endfunction()

# mosaico_executable(<target> <output name> <source>...): an executable in bin/, also installed.
function(mosaico_executable target output)
  add_executable(${target} ${ARGN})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${output}
                        INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  target_link_libraries(${target} PRIVATE mosaico_build)
endfunction()
