#include "crash/server.hpp"

#include <chrono>
#include <stdexcept>

namespace mosaico {

namespace {

constexpr int kTriesMax = 5;
// Short, so that there are small chunks to put together.
constexpr const char* kChunkAgeMs = "40";

}  // namespace

Server::Server(Campaign& campaign, Campaign::Points points) : campaign_(campaign), points_(points) {
  start();
}

MosaicoClient Server::client() {
  // What it does in the background may have met the point after it told that it listens, and a
  // process takes its time to die.
  constexpr std::chrono::milliseconds kTimeToDie{5'000};
  while (true) {
    try {
      return MosaicoClient::connect("127.0.0.1", std::stoi(port_));
    } catch (const UnavailableError&) {
      if (!process_->ends_within(kTimeToDie)) throw;
      revive();
    }
  }
}

void Server::kill() {
  campaign_.kill(*process_, points_);
  if (points_ == Campaign::Points::Present && campaign_.one_in(3)) campaign_.arm();
  start();
}

bool Server::revive() {
  if (!process_->has_ended()) return false;
  campaign_.note_death(*process_);
  start();
  return true;
}

void Server::start() {
  for (int i = 0; i < kTriesMax; ++i) {
    process_.reset();
    process_ = campaign_.start("mosaicod",
                               {"--host", "127.0.0.1", "--port", port_, "--store",
                                campaign_.store().string(), "--chunk-age-ms", kChunkAgeMs},
                               points_);
    const std::string line = process_->read_line();
    campaign_.disarm();
    if (line.starts_with("listening on ")) {
      port_ = line.substr(line.rfind(':') + 1);
      return;
    }
    campaign_.note_death(*process_);
  }
  throw std::runtime_error("mosaicod does not start");
}

}  // namespace mosaico
