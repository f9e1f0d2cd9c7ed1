// The commands as a user runs them: what they print, and how they end.

#include <gmock/gmock.h>
#include <signal.h>

#include <set>
#include <sstream>

#include "store_fixture.hpp"

namespace mosaico {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr const char* kImuTable =
    "timestamp_ns,acceleration_x,acceleration_y,acceleration_z,angular_velocity_x,"
    "angular_velocity_y,angular_velocity_z\n"
    "1000,0.5,0,9.81,0,0,0.25\n"
    "3000,0.75,0,9.8,0,0,0.5\n";
constexpr const char* kNoteTable = "timestamp_ns,note\n2000,left turn\n";

std::vector<std::string> keys_of(const nlohmann::json& object) {
  std::vector<std::string> keys;
  for (const auto& member : object.items()) keys.push_back(member.key());
  return keys;
}

class CommandTest : public ToolTest {
 protected:
  void SetUp() override {
    const auto result =
        store_.run({"import", "drive_1", "--topic",
                    "sensors/imu=" + store_.write_file("imu.csv", kImuTable) + ",as=IMU", "--topic",
                    "notes=" + store_.write_file("notes.csv", kNoteTable), "--metadata",
                    R"({"vehicle": {"software_stack": {"planning": "plan-4.1.7"}}, "runs": 3})"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
};

TEST_P(CommandTest, LsListsSequences) {
  const auto human = store_.run({"ls"});
  EXPECT_EQ(human.exit_code, 0) << human.err;
  EXPECT_THAT(human.out, StartsWith("NAME"));
  EXPECT_THAT(human.out, HasSubstr("drive_1"));
  EXPECT_THAT(human.out, HasSubstr("finalized"));

  const auto lines = store_.run({"ls", "--json"}).json_lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(keys_of(lines[0]),
              UnorderedElementsAre("name", "state", "created_at_ns", "topics", "rows", "bytes",
                                   "timestamp_ns_min", "timestamp_ns_max"));
  EXPECT_EQ(lines[0]["topics"], 2);
  EXPECT_EQ(lines[0]["rows"], 3);
  EXPECT_EQ(lines[0]["timestamp_ns_min"], 1000);
  EXPECT_EQ(lines[0]["timestamp_ns_max"], 3000);
}

TEST_P(CommandTest, LsTakesAPrefix) {
  EXPECT_EQ(store_.run({"ls", "drive", "--json"}).json_lines().size(), 1U);
  EXPECT_EQ(store_.run({"ls", "other", "--json"}).json_lines().size(), 0U);
}

TEST_P(CommandTest, InfoShowsASequence) {
  const auto human = store_.run({"info", "drive_1"});
  EXPECT_EQ(human.exit_code, 0) << human.err;
  for (const char* part :
       {"finalized", "plan-4.1.7", "sessions", "topics", "/sensors/imu", "IMU"}) {
    EXPECT_THAT(human.out, HasSubstr(part));
  }
  const auto json = store_.run({"info", "drive_1", "--json"}).json_lines().at(0);
  EXPECT_THAT(keys_of(json),
              UnorderedElementsAre("name", "state", "created_at_ns", "topics", "rows", "bytes",
                                   "timestamp_ns_min", "timestamp_ns_max", "metadata", "sessions"));
  EXPECT_EQ(json["metadata"]["runs"], 3);
  ASSERT_EQ(json["topics"].size(), 2U);
  EXPECT_THAT(keys_of(json["topics"][0]),
              UnorderedElementsAre("name", "ontology_tag", "serialization_format", "rows", "bytes",
                                   "chunks", "timestamp_ns_min", "timestamp_ns_max", "metadata"));
}

TEST_P(CommandTest, InfoShowsTheColumnsOfATopic) {
  for (const char* target : {"drive_1/sensors/imu", "drive_1//sensors/imu"}) {
    const auto human = store_.run({"info", target});
    EXPECT_EQ(human.exit_code, 0) << human.err;
    EXPECT_THAT(human.out, HasSubstr("acceleration.x"));
    EXPECT_THAT(human.out, HasSubstr("m/s^2"));
  }
  const auto json = store_.run({"info", "drive_1/sensors/imu", "--json"}).json_lines().at(0);
  EXPECT_EQ(json["rows"], 2);
  EXPECT_EQ(json["ontology_tag"], "IMU");
}

TEST_P(CommandTest, CatPrintsMergedMessagesInOrder) {
  const auto lines = store_.run({"cat", "drive_1", "--json"}).json_lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(keys_of(lines[0]), UnorderedElementsAre("topic", "timestamp_ns", "data"));
  std::vector<std::string> topics;
  for (const auto& line : lines) topics.push_back(line["topic"]);
  EXPECT_THAT(topics, ElementsAre("/sensors/imu", "/notes", "/sensors/imu"));
  EXPECT_EQ(lines[0]["data"]["acceleration"]["z"], 9.81);
  EXPECT_EQ(lines[1]["data"]["note"], "left turn");
}

TEST_P(CommandTest, CatTakesAWindowTopicsAndALimit) {
  EXPECT_EQ(store_.run({"cat", "drive_1", "--start", "2000", "--end", "3000", "--json"})
                .json_lines()
                .size(),
            1U);
  EXPECT_EQ(store_.run({"cat", "drive_1", "--topics", "sensors/imu", "--json"}).json_lines().size(),
            2U);
  EXPECT_EQ(store_.run({"cat", "drive_1", "--limit", "1"}).out.find("/notes"), std::string::npos);
  EXPECT_EQ(store_.run({"cat", "drive_1", "--start", "5", "--end", "5"}).exit_code, 2);
}

TEST_P(CommandTest, CatOfAnUnknownTopicNamesThoseThereAre) {
  const auto result = store_.run({"cat", "drive_1", "--topics", "lidar"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, StartsWith("mosaico: "));
  EXPECT_THAT(result.err, HasSubstr("/sensors/imu"));
}

TEST_P(CommandTest, QueryFindsByMetadata) {
  const auto found =
      store_.run({"query", "--sequence", "vehicle.software_stack.planning ~ plan-4.", "--json"});
  EXPECT_EQ(found.exit_code, 0) << found.err;
  ASSERT_EQ(found.json_lines().size(), 1U);
  EXPECT_THAT(keys_of(found.json_lines()[0]),
              UnorderedElementsAre("sequence", "topics", "windows"));
  EXPECT_EQ(found.json_lines()[0]["sequence"], "drive_1");
  EXPECT_THAT(store_.run({"query", "--sequence", "runs >= 3"}).out, HasSubstr("drive_1"));
  EXPECT_EQ(store_.run({"query", "--sequence", "runs > 3", "--json"}).json_lines().size(), 0U);
  EXPECT_THAT(store_.run({"query", "--topic", "ontology_tag = IMU"}).out,
              HasSubstr("/sensors/imu"));
  EXPECT_EQ(store_.run({"query"}).exit_code, 2);
  EXPECT_EQ(store_.run({"query", "--topic", "nonsense"}).exit_code, 2);
}

TEST_P(CommandTest, QueryFindsByRowsAndShowsWhen) {
  const auto found = store_.run({"query", "--where", "IMU.acceleration.x > 0.6", "--json"});
  ASSERT_EQ(found.exit_code, 0) << found.err;
  ASSERT_EQ(found.json_lines().size(), 1U);
  EXPECT_EQ(found.json_lines()[0],
            nlohmann::json::parse(
                R"({"sequence": "drive_1", "topics": ["/sensors/imu"], "windows": []})"));
  EXPECT_EQ(store_.run({"query", "--where", "IMU.acceleration.x > 0.8", "--json"}).out, "");

  const auto windows = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"query", "--windows", "--json"});
    const auto result = store_.run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.json_lines().at(0)["windows"].dump();
  };
  EXPECT_EQ(windows({"--where", "IMU.acceleration.z > 9", "--gap", "100"}),
            R"([{"end_ns":1001,"start_ns":1000},{"end_ns":3001,"start_ns":3000}])");
  EXPECT_EQ(windows({"--where", "IMU.acceleration.z > 9"}), R"([{"end_ns":3001,"start_ns":1000}])");
  EXPECT_EQ(windows({"--where", "IMU.acceleration.z > 9", "--where", "Notes.note ~ left"}),
            R"([{"end_ns":2001,"start_ns":2000}])");
  EXPECT_THAT(store_.run({"query", "--where", "IMU.acceleration.z > 9", "--windows"}).out,
              HasSubstr("drive_1"));
  EXPECT_EQ(store_.run({"query", "--topic", "name = notes", "--windows"}).exit_code, 2);
}

TEST_P(CommandTest, QueryNamesTheColumnsThereAre) {
  const auto result = store_.run({"query", "--where", "IMU.accel.x > 0.6"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("\"IMU.accel.x\": no such column"));
  EXPECT_THAT(result.err, HasSubstr("acceleration.x (double)"));
}

TEST_P(CommandTest, RmIsRefusedForAHealthySequence) {
  const auto result = store_.run({"rm", "drive_1", "--force"});
  EXPECT_EQ(result.exit_code, 4) << result.out << result.err;
  EXPECT_THAT(result.err, StartsWith("mosaico: "));
  EXPECT_EQ(store_.run({"ls", "--json"}).json_lines().size(), 1U);
}

TEST_P(CommandTest, FinalizeClosesWhatAKilledRecorderLeft) {
  {
    Process recorder(program_path("test_recorder"), {store_.target(), "left", "2", "30"});
    ASSERT_EQ(recorder.read_line(), "acknowledged");
    recorder.kill(SIGKILL);
    recorder.wait();
  }
  EXPECT_EQ(store_.run({"ls", "left", "--json"}).json_lines().at(0)["state"], "pending");
  const auto result = store_.run({"finalize", "left", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.json_lines().at(0), nlohmann::json::parse(R"({"finalized":"left","rows":60})"));
  EXPECT_EQ(store_.run({"ls", "left", "--json"}).json_lines().at(0)["state"], "finalized");
  EXPECT_EQ(store_.run({"finalize", "left"}).exit_code, 4);
}

TEST_P(CommandTest, WhatDoesNotExistIsCode3) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"info", "nothing"},
        {"info", "drive_1/nothing"},
        {"cat", "nothing"},
        {"finalize", "nothing"},
        {"rm", "nothing", "--force"},
        {"export", "nothing", "--output", store_.path("x.csv")}}) {
    const auto result = store_.run(arguments);
    EXPECT_EQ(result.exit_code, 3) << arguments[0] << ": " << result.err;
    EXPECT_THAT(result.err, StartsWith("mosaico: "));
  }
}

TEST_P(CommandTest, ASecondImportOfTheNameIsRefused) {
  const auto result = store_.run({"import", "drive_1", "--topic", "a=" + store_.path("notes.csv")});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("drive_1"));
  EXPECT_EQ(store_.run({"ls", "--json"}).json_lines().at(0)["rows"], 3);
}

TEST_P(CommandTest, WhatPassesALimitIsCode4) {
  const auto metadata =
      store_.write_file("long.json", R"({"text": ")" + std::string(300 << 10, 'x') + "\"}");
  const auto result = store_.run(
      {"import", "drive_2", "--topic", "a=" + store_.path("notes.csv"), "--metadata", metadata});
  EXPECT_EQ(result.exit_code, 4) << result.err;
  EXPECT_THAT(result.err, HasSubstr("user metadata"));
  EXPECT_EQ(store_.run({"ls", "--json"}).json_lines().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Places, CommandTest, ::testing::Values(Place::Directory, Place::Server),
                         place_name);

TEST(Tool, WrongUsageIsCode2) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"fly"},
                                                    {"info"},
                                                    {"ls", "--nonsense"},
                                                    {"cat", "a", "--start", "soon"},
                                                    {"import", "a", "--topic", "nothing"},
                                                    {"info", "a/"},
                                                    {"ls", "--port", "99999"}}) {
    const auto result = run_mosaico(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, StartsWith("mosaico: "));
  }
}

TEST(Tool, WithoutAServerItSaysWhatToDo) {
  const auto result = run_mosaico({"ls", "--host", "127.0.0.1", "--port", "1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("--port"));
}

TEST(Tool, ReadingADirectoryThatIsNotThereIsCode3) {
  const TemporaryDirectory work;
  const auto result = run_mosaico({"ls", "--store", (work.path() / "none").string()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(work.path() / "none"));
}

TEST(Tool, EveryCommandHasHelpAndAManualPage) {
  std::istringstream list(run_mosaico({"help", "--list"}).out);
  std::vector<std::string> commands;
  for (std::string command; std::getline(list, command);) commands.push_back(command);
  EXPECT_THAT(commands, IsSupersetOf({"ls", "info", "cat", "query", "import", "export", "rm",
                                      "push", "finalize", "serve", "completion", "help"}));
  for (const std::string& command : commands) {
    // What follows `serve` goes to the server.
    const bool takes_help = command != "serve";
    EXPECT_EQ(run_mosaico({takes_help ? command : "help", "--help"}).exit_code, 0);
    EXPECT_EQ(run_mosaico({"help", command}).exit_code, 0);
    const auto page = run_mosaico({"help", "--man", command});
    EXPECT_EQ(page.exit_code, 0);
    EXPECT_THAT(page.out, StartsWith(".TH MOSAICO"));
    EXPECT_THAT(page.out, HasSubstr(".SH SYNOPSIS"));
  }
  EXPECT_EQ(run_mosaico({"help", "fly"}).exit_code, 2);
}

TEST(Tool, TheCompletionsInTheSourceTreeAreUpToDate) {
  const char* source = std::getenv("MOSAICO_TEST_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  const auto folder = std::filesystem::path(source) / "completions";
  for (const auto& [shell, file] :
       {std::pair{"bash", "mosaico.bash"}, std::pair{"zsh", "_mosaico"}}) {
    EXPECT_EQ(StoreFixture::read_file((folder / file).string()),
              run_mosaico({"completion", shell}).out)
        << "run `mosaico completion " << shell << " > completions/" << file << "`";
  }
}

TEST(Tool, ServeRunsTheServerWithItsFlags) {
  const auto result = run_mosaico({"serve", "--help"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("mosaicod"));

  const TemporaryDirectory work;
  Process server(program_path("mosaico"), {"--store", (work.path() / "store").string(), "serve",
                                           "--port", "0", "--log-level", "error"});
  const std::string line = server.read_line();
  ASSERT_THAT(line, StartsWith("listening on 127.0.0.1:"));
  const std::string port = line.substr(line.rfind(':') + 1);
  const auto listed = run_mosaico({"ls", "--json", "--host", "127.0.0.1", "--port", port});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  server.kill(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace

}  // namespace mosaico
