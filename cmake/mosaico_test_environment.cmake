# The environment that every test runs in. MOSAICO_FLIGHT_DATA, a folder of real flights, is taken
# from the caller's environment; tests that need it say so and skip without it.

set(mosaico_test_environment
    "MOSAICO_TEST_BIN_DIR=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    "MOSAICO_TEST_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
if(MOSAICO_SANITIZE)
  list(APPEND mosaico_test_environment
       "ASAN_OPTIONS=detect_leaks=1:halt_on_error=1:detect_stack_use_after_return=1"
       "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lsan_suppressions.txt:print_suppressions=0"
       "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
       "TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1")
endif()
