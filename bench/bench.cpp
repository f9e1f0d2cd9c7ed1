#include "bench.hpp"

#include <unistd.h>

#include <cstdio>

#include "measure.hpp"

namespace mosaico::bench {

std::filesystem::path Bench::new_path(const std::string& name) {
  for (int number = 0;; ++number) {
    auto path = options_.directory / (name + "-" + std::to_string(number));
    if (!std::filesystem::exists(path)) return path;
  }
}

void Bench::note(const std::string& text) {
  if (::isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "mosaico-bench: %s …\n", text.c_str());
}

Run measured(const ServerProcess* server, const std::function<void()>& work) {
  const pid_t self = ::getpid();
  forget_peak(self);
  if (server != nullptr) forget_peak(server->pid());
  const double client_before = cpu_seconds(self);
  const double server_before = server != nullptr ? cpu_seconds(server->pid()) : 0;
  const Stopwatch stopwatch;
  work();
  Run run{.seconds = stopwatch.seconds(), .client_cpu_s = cpu_seconds(self) - client_before};
  run.client_peak_bytes = peak_bytes(self);
  if (server != nullptr) {
    run.server_cpu_s = cpu_seconds(server->pid()) - server_before;
    run.server_peak_bytes = peak_bytes(server->pid());
  }
  return run;
}

Run measured_rate(const ServerProcess* server, double amount, const std::function<void()>& work) {
  Run run = measured(server, work);
  run.value = amount / run.seconds;
  return run;
}

}  // namespace mosaico::bench
