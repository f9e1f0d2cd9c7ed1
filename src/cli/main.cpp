#include "cli/tool.hpp"

int main(int argc, char** argv) { return mosaico::cli::run_tool(argc, argv); }
