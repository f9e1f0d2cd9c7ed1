#include "client/places.hpp"

#include "core/error.hpp"
#include "engine/engine.hpp"
#include "server/flight_service.hpp"

namespace mosaico {

namespace {

class EmbeddedPlace final : public Place {
 public:
  explicit EmbeddedPlace(std::string directory) : directory_(std::move(directory)) {}
  MosaicoClient client(const ClientConfig& config) override {
    return MosaicoClient::open(directory_, config);
  }

 private:
  const std::string directory_;
};

class ServerPlace final : public Place {
 public:
  explicit ServerPlace(const std::string& directory)
      : engine_(core::value_or_throw(engine::open_directory(directory, engine::EngineOptions()))) {
    server::ServiceOptions options;
    options.port = 0;
    service_ = std::make_unique<server::FlightService>(engine_, options);
    core::throw_if_error(service_->start());
  }
  ~ServerPlace() override {
    service_->stop(std::chrono::milliseconds(100));
    service_.reset();
    EXPECT_TRUE(engine_->close().ok());
  }
  MosaicoClient client(const ClientConfig& config) override {
    return MosaicoClient::connect("127.0.0.1", service_->port(), config);
  }

 private:
  std::shared_ptr<engine::Engine> engine_;
  std::unique_ptr<server::FlightService> service_;
};

}  // namespace

std::unique_ptr<Place> make_embedded_place(const std::filesystem::path& directory) {
  return std::make_unique<EmbeddedPlace>(directory.string());
}

std::unique_ptr<Place> make_server_place(const std::filesystem::path& directory) {
  return std::make_unique<ServerPlace>(directory.string());
}

}  // namespace mosaico
