#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mosaico/client.hpp"
#include "support/temporary_directory.hpp"
#include "tool_run.hpp"

namespace mosaico {

// A store to run the tool against: a directory, or a server over one. Parameterised tests run over
// both.
enum class Place { Directory, Server };

class StoreFixture {
 public:
  explicit StoreFixture(Place place) {
    const auto store = work_.path() / "store";
    if (place == Place::Server) {
      server_ = std::make_unique<RunningServer>(store);
      where_ = {"--host", "127.0.0.1", "--port", server_->port()};
    } else {
      where_ = {"--store", store.string()};
    }
  }

  // Runs the tool against the store.
  ToolResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), where_.begin(), where_.end());
    return run_mosaico(arguments);
  }

  // The same, interrupted once `is_time` says so.
  ToolResult run_until(std::vector<std::string> arguments,
                       const std::function<bool()>& is_time) const {
    arguments.insert(arguments.end(), where_.begin(), where_.end());
    return run_mosaico_until(arguments, is_time);
  }

  MosaicoClient client() const {
    if (server_ == nullptr) return MosaicoClient::open(path("store"));
    return MosaicoClient::connect("127.0.0.1", std::stoi(server_->port()));
  }

  // What a recorder is told to record into this store.
  std::string target() const { return server_ == nullptr ? path("store") : server_->port(); }

  // A file beside the store; its path.
  std::string write_file(const std::string& name, const std::string& text) const {
    const auto path = work_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  std::string path(const std::string& name) const { return (work_.path() / name).string(); }
  static std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  TemporaryDirectory work_;
  std::unique_ptr<RunningServer> server_;
  std::vector<std::string> where_;
};

// Each test runs over a directory and over a server.
class ToolTest : public ::testing::TestWithParam<Place> {
 protected:
  StoreFixture store_{GetParam()};
};

inline std::string place_name(const ::testing::TestParamInfo<Place>& info) {
  return info.param == Place::Directory ? "Directory" : "Server";
}

}  // namespace mosaico
