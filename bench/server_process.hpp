#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace mosaico::bench {

// A server in a process of its own, on a free port of 127.0.0.1; stopped at the end. It dies with
// this process, whatever becomes of that one.
class ServerProcess {
 public:
  // The mosaicod beside this program. Throws std::runtime_error with what it said when it does not
  // start.
  static ServerProcess mosaicod(const std::filesystem::path& store,
                                const std::vector<std::string>& flags = {});
  // The server that limits are measured with: this program, see limits/flight_limit.hpp.
  static ServerProcess limit_server();

  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&&) = delete;
  ~ServerProcess();

  pid_t pid() const { return pid_; }
  int port() const { return port_; }
  void signal(int number) const;
  // Ends it properly and waits for that.
  void stop();

 private:
  ServerProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments);
  void read_port(int output);

  pid_t pid_ = -1;
  int port_ = 0;
};

// The folder of this program.
std::filesystem::path program_folder();

}  // namespace mosaico::bench
