// Real flights, imported by the tool, come back through merged streams and through the tool's
// export with every value equal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <map>
#include <sstream>

#include "mosaico/mosaico.hpp"
#include "store_fixture.hpp"

namespace mosaico {
namespace {

namespace fs = std::filesystem;

// Cells by column. For tables without quotes.
using Cells = std::map<std::string, std::vector<std::string>>;

Cells read_plain_csv(const fs::path& path) {
  Cells cells;
  std::istringstream lines(StoreFixture::read_file(path.string()));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> row;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) row.push_back(cell);
    if (line.ends_with(',')) row.emplace_back();
    if (names.empty()) {
      names = row;
      continue;
    }
    for (std::size_t i = 0; i < names.size() && i < row.size(); ++i) {
      cells[names[i]].push_back(row[i]);
    }
  }
  return cells;
}

// Where the columns of a table go in a built-in type; a derived type has the columns of its table.
struct Target {
  std::string field;
  double scale = 1;
};
using Targets = std::map<std::string, Target>;

const std::map<std::string, Targets> kBuiltIn = {{"IMU",
                                                  {{"acceleration_x", {"acceleration.x"}},
                                                   {"acceleration_y", {"acceleration.y"}},
                                                   {"acceleration_z", {"acceleration.z"}},
                                                   {"angular_velocity_x", {"angular_velocity.x"}},
                                                   {"angular_velocity_y", {"angular_velocity.y"}},
                                                   {"angular_velocity_z", {"angular_velocity.z"}}}},
                                                 {"GPS",
                                                  {{"latitude_deg", {"position.x"}},
                                                   {"longitude_deg", {"position.y"}},
                                                   {"altitude_m", {"position.z"}},
                                                   {"velocity_north", {"velocity.x"}},
                                                   {"velocity_east", {"velocity.y"}},
                                                   {"velocity_down", {"velocity.z", -1}},
                                                   {"fix_type", {"status.status"}},
                                                   {"satellites", {"status.satellites"}},
                                                   {"hdop", {"status.hdop"}},
                                                   {"vdop", {"status.vdop"}}}}};

// A table of a flight, and what it becomes.
struct Table {
  fs::path path;
  std::string topic;
  std::string type;  // Empty: derived.
  Cells cells;

  Targets targets() const {
    if (!type.empty()) return kBuiltIn.at(type);
    Targets targets;
    for (const auto& [column, values] : cells) {
      if (column != "timestamp_ns") targets[column] = {.field = column};
    }
    return targets;
  }
};

std::vector<Table> tables_of(const fs::path& flight) {
  std::vector<Table> tables;
  for (const auto& file : fs::directory_iterator(flight)) {
    const std::string topic = file.path().stem().string();
    tables.push_back({.path = file.path(),
                      .topic = topic,
                      .type = topic == "imu" ? "IMU" : (topic == "gps" ? "GPS" : ""),
                      .cells = read_plain_csv(file.path())});
    // Each column has a place, so that none is left out of what follows.
    EXPECT_EQ(tables.back().targets().size() + 1, tables.back().cells.size()) << file.path();
  }
  return tables;
}

class Flights : public ToolTest {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("MOSAICO_FLIGHT_DATA");
    if (folder == nullptr || std::string(folder).empty()) {
      GTEST_SKIP() << "MOSAICO_FLIGHT_DATA names no folder with flights";
    }
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (!entry.is_directory()) continue;
      const std::string flight = entry.path().filename().string();
      flights_[flight] = tables_of(entry.path());
      std::vector<std::string> arguments = {"import", flight};
      for (const Table& table : flights_[flight]) {
        arguments.insert(arguments.end(),
                         {"--topic", table.topic + "=" + table.path.string() +
                                         (table.type.empty() ? "" : ",as=") + table.type});
      }
      const auto result = store_.run(arguments);
      ASSERT_EQ(result.exit_code, 0) << result.err;
    }
    ASSERT_FALSE(flights_.empty());
  }

  std::map<std::string, std::vector<Table>> flights_;
};

TEST_P(Flights, ComeBackThroughMergedStreams) {
  MosaicoClient client = store_.client();
  for (const auto& [flight, tables] : flights_) {
    std::map<std::string, const Table*> by_topic;
    std::size_t rows_expected = 0;
    for (const Table& table : tables) {
      by_topic["/" + table.topic] = &table;
      rows_expected += table.cells.at("timestamp_ns").size();
    }
    std::map<std::string, std::size_t> rows;  // Seen of each topic.
    std::size_t rows_seen = 0;
    auto last_ns = std::numeric_limits<std::int64_t>::min();
    for (const auto& [topic, message] :
         client.sequence_handler(flight).value().get_data_streamer()) {
      const std::string name(topic);
      const Table& table = *by_topic.at(name);
      const std::size_t row = rows[name]++;
      ++rows_seen;
      ASSERT_GE(message.timestamp_ns(), last_ns);
      last_ns = message.timestamp_ns();
      ASSERT_EQ(std::to_string(last_ns), table.cells.at("timestamp_ns").at(row)) << topic;
      for (const auto& [column, target] : table.targets()) {
        ASSERT_EQ(message.field(target.field)->get<double>(),
                  std::stod(table.cells.at(column).at(row)) * target.scale)
            << flight << topic << " " << target.field << ", row " << row + 1;
      }
    }
    EXPECT_EQ(rows_seen, rows_expected);
  }
}

TEST_P(Flights, ComeBackThroughExport) {
  for (const auto& [flight, tables] : flights_) {
    const auto result =
        store_.run({"export", flight, "--output", store_.path(flight), "--format", "csv"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    for (const Table& table : tables) {
      const Cells after = read_plain_csv(store_.path(flight + "/" + table.topic + ".csv"));
      EXPECT_EQ(after.at("timestamp_ns"), table.cells.at("timestamp_ns"));
      for (const auto& [column, target] : table.targets()) {
        const auto& wanted = table.cells.at(column);
        const auto& values = after.at(target.field);
        ASSERT_EQ(values.size(), wanted.size()) << flight << " " << column;
        for (std::size_t row = 0; row < wanted.size(); ++row) {
          ASSERT_EQ(std::stod(values[row]), std::stod(wanted[row]) * target.scale)
              << flight << " " << column << ", row " << row + 1;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Places, Flights, ::testing::Values(Place::Directory, Place::Server),
                         place_name);

}  // namespace
}  // namespace mosaico
