# Everything the project takes from outside. Only nlohmann_json shows in public headers.

find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
if(MOSAICO_BUILD_SERVER OR MOSAICO_BUILD_TOOL OR MOSAICO_BUILD_TESTS)
  find_package(CLI11 REQUIRED)
  find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
endif()
if(MOSAICO_BUILD_TESTS)
  find_package(GTest 1.12 REQUIRED)
endif()

# CMake's own module for PostgreSQL also wants the server's headers; libpq is all we use.
find_path(MOSAICO_PQ_INCLUDE_DIR libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
find_library(MOSAICO_PQ_LIBRARY pq REQUIRED)
add_library(deps::pq UNKNOWN IMPORTED GLOBAL)
set_target_properties(deps::pq PROPERTIES IMPORTED_LOCATION "${MOSAICO_PQ_LIBRARY}"
                      INTERFACE_INCLUDE_DIRECTORIES "${MOSAICO_PQ_INCLUDE_DIR}")

include(mosaico_arrow)
