# Apache Arrow as deps::arrow, deps::compute, deps::acero, deps::parquet and deps::flight: the
# installed Arrow if CMake finds one that is new enough, else the libraries inside the pinned pyarrow
# wheel. MOSAICO_ARROW_FROM_WHEEL says which it was.

set(MOSAICO_ARROW_VERSION 26.0.0)
set(MOSAICO_ARROW_SO_VERSION 2600)
set(MOSAICO_ARROW_SHA256_x86_64 6e89dee53aaeb50505ed6152ea55bc7ddfd4f4df264f5427ea255288d8f0e580)
set(MOSAICO_ARROW_SHA256_aarch64 7aa12ab8e236789b1ecd2d6ecaef036b4e63d675ddf1864a43c6799d18f2d028)

function(mosaico_find_installed_arrow)
  foreach(package Arrow ArrowCompute ArrowAcero Parquet ArrowFlight)
    find_package(${package} CONFIG QUIET)
    if(NOT ${package}_FOUND OR ${package}_VERSION VERSION_LESS MOSAICO_ARROW_VERSION)
      set(MOSAICO_ARROW_FROM_WHEEL ON PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(MOSAICO_ARROW_FROM_WHEEL OFF PARENT_SCOPE)
  message(STATUS "Arrow: installed, ${Arrow_VERSION} (${Arrow_DIR})")
  foreach(pair "arrow=Arrow::arrow" "compute=ArrowCompute::arrow_compute"
               "acero=ArrowAcero::arrow_acero" "parquet=Parquet::parquet"
               "flight=ArrowFlight::arrow_flight")
    string(REGEX MATCH "^([a-z]+)=(.+)$" _ "${pair}")
    set(name ${CMAKE_MATCH_1})
    set(target ${CMAKE_MATCH_2}_shared)
    set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
    add_library(deps::${name} ALIAS ${target})
  endforeach()
endfunction()

# Runs one step of the fetch; on failure says what happened and what to do about it.
function(mosaico_arrow_step advice)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    string(JOIN " " command ${ARGN})
    message(FATAL_ERROR "Arrow ${MOSAICO_ARROW_VERSION} could not be fetched.\n${command}\n"
                        "${output}\n${advice}\n"
                        "Or install Arrow C++ ${MOSAICO_ARROW_VERSION} or newer (with Compute, Acero, "
                        "Parquet, Flight) and name it with -DCMAKE_PREFIX_PATH=<prefix>.")
  endif()
endfunction()

# Fetches the wheel and leaves its headers and libraries in `directory`. The directory appears by
# one rename at the very end, so an interrupted fetch leaves nothing that looks finished.
function(mosaico_fetch_arrow directory)
  file(MAKE_DIRECTORY "${MOSAICO_DEPS_DIR}")
  file(LOCK "${MOSAICO_DEPS_DIR}/arrow.lock" GUARD FUNCTION TIMEOUT 900)
  if(EXISTS "${directory}")
    return()
  endif()

  set(arch ${CMAKE_SYSTEM_PROCESSOR})
  if(NOT DEFINED MOSAICO_ARROW_SHA256_${arch})
    message(FATAL_ERROR "There is no pinned Arrow for the processor ${arch}. Install Arrow C++ "
                        "${MOSAICO_ARROW_VERSION} or newer and name it with -DCMAKE_PREFIX_PATH=<prefix>.")
  endif()
  find_program(MOSAICO_PYTHON NAMES python3)
  if(NOT MOSAICO_PYTHON)
    message(FATAL_ERROR "python3 was not found; it fetches Arrow. Install python3 and python3-venv "
                        "(tools/setup does it on Debian).")
  endif()

  message(STATUS "Arrow: fetching ${MOSAICO_ARROW_VERSION} (the pyarrow wheel), once")
  set(work "${directory}.part")
  file(REMOVE_RECURSE "${work}")
  file(MAKE_DIRECTORY "${work}/tree")
  mosaico_arrow_step("Install python3-venv (tools/setup does it on Debian)."
                     "${MOSAICO_PYTHON}" -m venv "${work}/venv")
  file(WRITE "${work}/requirements.txt" "pyarrow==${MOSAICO_ARROW_VERSION} --hash=sha256:"
                                        "${MOSAICO_ARROW_SHA256_${arch}}\n")
  # The wheel is pinned to one Python tag, which need not be this host's: only its C++ is used.
  mosaico_arrow_step("Is the network (or the package index that pip is configured for) in reach?"
                     "${work}/venv/bin/python" -m pip download --no-deps --only-binary=:all:
                     --require-hashes --implementation cp --python-version 3.11
                     --platform manylinux_2_28_${arch} --dest "${work}"
                     --requirement "${work}/requirements.txt")
  file(GLOB wheel "${work}/pyarrow-*.whl")
  file(ARCHIVE_EXTRACT INPUT "${wheel}" DESTINATION "${work}/wheel")
  file(GLOB libraries "${work}/wheel/pyarrow/lib*.so.${MOSAICO_ARROW_SO_VERSION}")
  list(FILTER libraries EXCLUDE REGEX "python|substrait|dataset")
  file(COPY ${libraries} DESTINATION "${work}/tree/lib")
  file(COPY "${work}/wheel/pyarrow/include" DESTINATION "${work}/tree"
       PATTERN python EXCLUDE)
  file(GLOB licenses "${work}/wheel/pyarrow-*.dist-info/licenses/*")
  file(COPY ${licenses} DESTINATION "${work}/tree/licenses")
  file(RENAME "${work}/tree" "${directory}")
  file(REMOVE_RECURSE "${work}")
endfunction()

function(mosaico_import_arrow directory)
  foreach(name arrow compute acero parquet flight)
    set(file arrow_${name})
    if(name MATCHES "^(arrow|parquet)$")
      set(file ${name})
    endif()
    add_library(deps::${name} SHARED IMPORTED GLOBAL)
    set_target_properties(deps::${name} PROPERTIES
      IMPORTED_LOCATION "${directory}/lib/lib${file}.so.${MOSAICO_ARROW_SO_VERSION}"
      IMPORTED_SONAME "lib${file}.so.${MOSAICO_ARROW_SO_VERSION}"
      INTERFACE_INCLUDE_DIRECTORIES "${directory}/include")
  endforeach()
  target_link_libraries(deps::compute INTERFACE deps::arrow)
  target_link_libraries(deps::acero INTERFACE deps::compute)
  target_link_libraries(deps::parquet INTERFACE deps::arrow)
  target_link_libraries(deps::flight INTERFACE deps::arrow)
endfunction()

mosaico_find_installed_arrow()
if(MOSAICO_ARROW_FROM_WHEEL)
  set(MOSAICO_ARROW_DIR "${MOSAICO_DEPS_DIR}/arrow-${MOSAICO_ARROW_VERSION}-${CMAKE_SYSTEM_PROCESSOR}")
  if(NOT EXISTS "${MOSAICO_ARROW_DIR}")
    mosaico_fetch_arrow("${MOSAICO_ARROW_DIR}")
  endif()
  mosaico_import_arrow("${MOSAICO_ARROW_DIR}")
  message(STATUS "Arrow: ${MOSAICO_ARROW_DIR}")
endif()
