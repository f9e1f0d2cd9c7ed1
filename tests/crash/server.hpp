#pragma once

#include <memory>
#include <string>

#include "crash/campaign.hpp"
#include "crash/victim.hpp"
#include "mosaico/mosaico.hpp"

namespace mosaico {

// A `mosaicod` that is started again whenever it has died; always on the same port.
class Server {
 public:
  Server(Campaign& campaign, Campaign::Points points);

  const std::string& port() const { return port_; }
  // Of a server that lives: points must not be armed any more.
  MosaicoClient client();
  // Kills it and starts it again; once in a while it is killed in that too.
  void kill();
  // Starts it again where it died at a point; whether it had.
  bool revive();

 private:
  void start();

  Campaign& campaign_;
  const Campaign::Points points_;
  std::string port_ = "0";
  std::unique_ptr<Victim> process_;
};

}  // namespace mosaico
