#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "catalog/catalog.hpp"
#include "support/status_matchers.hpp"

namespace mosaico::catalog {

// What every catalog promises; the tests are in catalog_conformance*.cpp. A backend runs them with
//   INSTANTIATE_TEST_SUITE_P(Sqlite, CatalogConformance, testing::Values(CatalogBackend{…}));
struct CatalogBackend {
  std::string name;
  // A database of its own, empty at first, which can be opened again and again.
  struct Place {
    virtual ~Place() = default;
    virtual Result<std::unique_ptr<Catalog>> open() = 0;
  };
  std::function<std::unique_ptr<Place>()> make_place;
};

inline std::ostream& operator<<(std::ostream& out, const CatalogBackend& backend) {
  return out << backend.name;
}

class CatalogConformance : public testing::TestWithParam<CatalogBackend> {
 protected:
  void SetUp() override {
    place_ = GetParam().make_place();
    reopen();
  }

  void reopen() {
    catalog_.reset();
    ASSERT_OK_AND_ASSIGN(catalog_, place_->open());
  }

  // Steps towards a scene. They throw when the catalog refuses, which fails the test.
  Sequence make_sequence(const std::string& name);
  // Its UUID is "uuid-" and its ULID.
  Session make_session(const std::string& sequence, const std::string& ulid);
  Topic make_topic(const std::string& sequence, const std::string& ulid, const std::string& name);
  Topic start_upload(const std::string& sequence, const std::string& name);
  void finish_upload(const std::string& sequence, const std::string& name);
  void finalize(const std::string& ulid);
  void notify(const std::string& sequence, const std::string& topic = "");
  Chunk publish(TopicId topic, int64_t first_row, int64_t time_min, int64_t time_max);

  // A sequence with session "s1", finalized, and its topic "imu".
  void make_finalized_sequence(const std::string& name);

  SequenceState state(const std::string& sequence);
  std::vector<std::string> topic_names(const std::string& sequence);

  std::unique_ptr<CatalogBackend::Place> place_;
  std::unique_ptr<Catalog> catalog_;
};

std::string uuid_of(const std::string& ulid);
Topic new_topic(const std::string& name, const std::string& tag = "IMU");
Chunk new_chunk(TopicId topic, int64_t first_row, int64_t time_min, int64_t time_max);

}  // namespace mosaico::catalog
