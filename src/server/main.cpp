// mosaicod, the server.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "server/daemon.hpp"
#include "server/flags.hpp"
#include "server/key_command.hpp"

namespace {

using mosaico::server::kWrongUsage;

int run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == "key") {
    return mosaico::server::run_key_command({arguments.begin() + 1, arguments.end()});
  }
  mosaico::server::ServerOptions options;
  CLI::App app("mosaicod: serves recordings of robots over Arrow Flight", "mosaicod");
  app.set_version_flag("--version", std::string("mosaicod ") + mosaico::server::kServerVersion);
  mosaico::server::add_flags(app, options);
  try {
    app.parse(mosaico::server::with_environment(app, arguments));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  const auto status = mosaico::server::validate(options);
  if (!status.ok()) {
    std::fprintf(stderr, "mosaicod: %s\n", status.message().c_str());
    return kWrongUsage;
  }
  options.engine.limits = options.service.limits;
  return mosaico::server::serve(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mosaicod: %s\n", error.what());
    return 1;
  }
}
